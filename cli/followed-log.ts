import { type Audit, type AuditOptions, auditLog } from '../sdk/audit.ts';
import { readCheckpointFile } from '../sdk/checkpoint-file.ts';
import type { Client } from '../sdk/client.ts';
import { hostCommand } from '../sdk/host-command.ts';
import { waitLimits } from '../sdk/pacing.ts';
import { defaultMaxAge, readTrust, trustInit, trustPlace } from '../sdk/trust-file.ts';
import { type LogPolicy, parseNoteVerifier, type SeenCheckpoint } from '../trust/index.ts';
import { CliError, exit, type Values } from './framework/command.ts';
import { trustOption } from './host-trust.ts';
import { openSession, registryOptions, type SessionOptions } from './session.ts';
import { rootOf, rootOption } from './target.ts';
import type { Io } from './terminal/io.ts';

/** The options of commands that follow a log. */
export const logOptions = {
  ...registryOptions,
  root: rootOption,
  trust: trustOption,
  'log-key': {
    type: 'string',
    value: 'VKEY',
    description: 'The log’s verifier key (default: from the trust file)',
  },
  state: {
    type: 'string',
    value: 'FILE',
    description: 'The checkpoint to start from; updated, and created if missing',
  },
} as const;

/** A log that a command follows from checkpoint to checkpoint. */
export interface FollowedLog {
  client: Client;
  log: LogPolicy;
}

/** The log of --log-key, by default that of the trust file. */
export async function openLog(
  io: Io,
  values: Values<typeof logOptions>,
  session: SessionOptions = {},
): Promise<FollowedLog> {
  const options = { waitLimits: waitLimits.audit, ...session };
  const text = values['log-key'];
  if (text === undefined) {
    const place = values.trust ?? trustPlace(rootOf(values.root));
    const trust = await readTrust(place);
    if (!trust) {
      throw new CliError(
        exit.refused,
        `No log is configured: ${place} does not exist.`,
        'Auditors: pass --log-key VKEY, the verifier key from the registry’s operator ("serve" prints it). ' +
          `Hosts: ${hostCommand(trustInit(values), { root: values.root })}`,
        'no-trust-file',
      );
    }
    const { registry, log } = trust;
    return { client: await openSession(io, values, registry, options), log };
  }
  const key = await parseNoteVerifier(text);
  if (key?.type !== 'ed25519') {
    throw new CliError(exit.usage, `--log-key: "${text}" is not a log’s verifier key.`);
  }
  const maxAge = defaultMaxAge * 3600;
  const log = { key, witnesses: [], witnessThreshold: 0, maxAge };
  return { client: await openSession(io, values, undefined, options), log };
}

/** The checkpoint in a state file; refused unless the log has signed it. */
export async function readState(
  { log: { key } }: FollowedLog,
  path: string | undefined,
): Promise<SeenCheckpoint | undefined> {
  if (path === undefined) return undefined;
  const state = await readCheckpointFile(path, { origin: key.name, keys: [key] });
  if (!state || state.ok) return state?.checkpoint;
  const { id, reason } = state;
  throw new CliError(exit.refused, `Refused: ${path}: ${reason} [${id}].`, undefined, id);
}

/** The log's audit (see {@link auditLog}); a refusal ends the command. */
export async function follow(
  { client, log }: FollowedLog,
  options: Omit<AuditOptions, 'log'>,
): Promise<Extract<Audit, { ok: true }>> {
  const audit = await auditLog(client, { ...options, log });
  if (audit.ok) return audit;
  throw new CliError(
    exit.refused,
    `Refused: ${audit.reason} [${audit.id}].`,
    'Keep your state file and copies of this log, which are evidence, and report this to the registry’s operator.',
    audit.id,
  );
}
