import { type Audit, type AuditOptions, auditLog } from '../sdk/audit.ts';
import { readCheckpointFile } from '../sdk/checkpoint-file.ts';
import type { Client } from '../sdk/client.ts';
import { waitLimits } from '../sdk/pacing.ts';
import { defaultMaxAge, readTrust, trustPlace } from '../sdk/trust-file.ts';
import { type LogPolicy, parseNoteVerifier, type SeenCheckpoint } from '../trust/index.ts';
import { CliError, exit, type Values } from './framework/command.ts';
import { trustOption } from './host-trust.ts';
import { openSession, registryOptions, type SessionOptions } from './session.ts';
import { rootOf, rootOption } from './target.ts';
import type { Io } from './terminal/io.ts';

/** What the commands that follow a log are told about it. */
export const logOptions = {
  ...registryOptions,
  root: rootOption,
  trust: trustOption,
  'log-key': {
    type: 'string',
    value: 'VKEY',
    description: 'The log’s key (default: from the trust file)',
  },
  state: {
    type: 'string',
    value: 'FILE',
    description: 'The checkpoint to start from; updated; may be missing at first',
  },
} as const;

/** A log as a command follows it, from one checkpoint to the next. */
export interface FollowedLog {
  client: Client;
  log: LogPolicy;
}

/** The log that is meant: that of the key which is given, else the trust file's. */
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
        `Which log is meant is not known: there is no ${place}.`,
        'An auditor names its key with --log-key VKEY, which the registry’s operator tells ("serve" prints it); ' +
          'a host decides whom to trust with: aa-registry trust init TEAM --registry URL',
        'no-trust-file',
      );
    }
    const { registry, log } = trust;
    return { client: await openSession(io, values, registry, options), log };
  }
  const key = await parseNoteVerifier(text);
  if (key?.type !== 'ed25519') {
    throw new CliError(exit.usage, `--log-key: "${text}" is no verifier key of a log.`);
  }
  const maxAge = defaultMaxAge * 3600;
  const log = { key, witnesses: [], witnessThreshold: 0, maxAge };
  return { client: await openSession(io, values, undefined, options), log };
}

/** The checkpoint in a state file; a refusal when the log has not signed it. */
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
    'Keep what you have of this log and tell its operator: it is evidence.',
    audit.id,
  );
}
