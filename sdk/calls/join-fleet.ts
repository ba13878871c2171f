import { hostname } from 'node:os';
import type { Host } from '../../contract/index.ts';
import { generateKeyPair } from '../../trust/index.ts';
import type { Client } from '../client.ts';
import { withLock } from '../host/lock.ts';
import type { Refusal } from '../refusal.ts';
import { readEnrolment, readHostKey, writeEnrolment, writeHostKey } from '../report/enrolment.ts';
import { explainingErrors } from '../system-error.ts';
import { checkRoot, type NoRootRefusal, rootOf } from './context.ts';

export interface JoinOptions {
  /** The root of the host; default `/`. */
  root?: string | undefined;
  /** The client of the registry, which the host will report to. */
  client: Client;
  /** A join token of the team. */
  token: string;
  /** The host's name for people; default its host name. */
  name?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
}

export type JoinRefusal = NoRootRefusal | Refusal<'already-joined'>;

/**
 * Joins a team: makes a key for the host, which never leaves it, and enrols it. If an earlier run was interrupted, its key
 * is used. Throws a RegistryError if the registry refuses.
 */
export async function joinFleet(
  options: JoinOptions,
): Promise<{ ok: true; host: Host } | JoinRefusal> {
  return explainingErrors(async () => {
    const root = rootOf(options);
    return (await checkRoot(root)) ?? withLock(root, () => join(root, options));
  });
}

async function join(
  root: string,
  { client, token, name = hostname(), labels = {} }: JoinOptions,
): Promise<{ ok: true; host: Host } | JoinRefusal> {
  const joined = readEnrolment(root);
  if (joined) {
    const reason = `this host has joined team ${joined.team} at ${joined.registry}, as host ${joined.id}`;
    const next = 'To join another team, retire it there and remove /var/lib/aa-registry/fleet.';
    return { ok: false, id: 'already-joined', reason, next };
  }
  const known = await readHostKey(root);
  const key = known ?? (await generateKeyPair());
  if (!known) await writeHostKey(root, key);
  const body = { token, publicKey: key.publicKey.text, name, labels };
  const host = await client.joinTeam(body, key);
  await writeEnrolment(root, {
    ...{ registry: client.registry, id: host.id, team: host.team, name: host.name },
    joinedAt: host.joinedAt,
    ...{ sequence: 0, position: Date.now(), versions: {}, dropped: 0 },
  });
  return { ok: true, host };
}
