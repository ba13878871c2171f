import type { Connect } from '../sdk/calls/context.ts';
import { type Client, createClient } from '../sdk/client.ts';
import { readConfiguration } from '../sdk/config.ts';
import { requestJobToken } from '../sdk/job-token.ts';
import { prepareNetwork } from '../sdk/network.ts';
import { briefTimeout, type PacingOptions, type Waiting, waitLimits } from '../sdk/pacing.ts';
import { parseReference, type Reference } from '../trust/index.ts';
import { CliError, exit, type Values } from './framework/command.ts';
import { rootOf } from './target.ts';
import type { Io } from './terminal/io.ts';

export const caFileOption = {
  type: 'string',
  value: 'FILE',
  description: 'Additional CAs in PEM (default SSL_CERT_FILE, then configuration)',
} as const;

/** The options of every command that asks a registry. */
export const registryOptions = {
  registry: {
    type: 'string',
    value: 'URL',
    description: 'The registry (default AA_REGISTRY, then the login’s, then configuration)',
  },
  'ca-file': caFileOption,
} as const;

const defaultRegistry = 'http://127.0.0.1:8787';

/**
 * The client for a command: the registry that is named, else the environment's, else `preferred`, else the
 * one logged in to, else the host's. The token goes only to the registry it was made for: AA_TOKEN never to one that
 * only the files of another root name.
 */
export async function openSession(
  io: Io,
  named: Values<typeof registryOptions> & { root?: string | undefined; trust?: unknown },
  preferred?: string,
  { brief, ...pacing }: SessionOptions = {},
): Promise<Client> {
  const config = await readConfiguration(io.env);
  const registry = checkRegistry(
    named.registry ?? (io.env.AA_REGISTRY || (preferred ?? config.registry ?? defaultRegistry)),
  );
  await prepareNetwork(registry, io.env, config.network, named['ca-file']);
  const isAnothers =
    named.root !== undefined &&
    rootOf(named.root) !== '/' &&
    typeof named.trust !== 'string' &&
    ![named.registry, io.env.AA_REGISTRY, config.registry].includes(registry);
  const token = (!isAnothers && io.env.AA_TOKEN) || (await config.tokenFor(registry));
  return createClient({
    registry,
    token: token === undefined ? undefined : checkToken(token),
    waitLimits: brief ? waitLimits.brief : waitLimits.usual,
    timeout: brief ? briefTimeout : undefined,
    onWait: brief ? undefined : tellWaits(io),
    ...pacing,
  });
}

/** How the calls of the SDK reach the registry in a command with these options. */
export function connectWith(
  io: Io,
  named: Values<typeof registryOptions> & { root?: string | undefined; trust?: unknown },
): Connect {
  return (registry, { brief }) => openSession(io, named, registry, { brief });
}

/** How a command waits for a registry that asks it to. */
export interface SessionOptions extends PacingOptions {
  /** It can do without an answer. */
  brief?: boolean;
}

/** Says that the registry has the command wait: once, and again for each wait that is long. */
function tellWaits(io: Io): (waiting: Waiting) => void {
  let told = false;
  return (waiting) => {
    if (told && waiting.seconds < 10) return;
    told = true;
    io.tell(`${describeWait(waiting)}; going on then.`);
  };
}

export function describeWait({ seconds, status }: Waiting): string {
  const why = status === 429 ? 'it has had too many requests from here' : 'it is not ready';
  return `The registry asks to wait ${seconds} s: ${why}`;
}

/**
 * The client for publishing: as {@link openSession}, and in a CI job that has no token, with one that the
 * registry gives for the job's own.
 */
export async function openPublishingSession(
  io: Io,
  named: Values<typeof registryOptions>,
  what: { team: string; profile: string },
): Promise<Client> {
  const client = await openSession(io, named);
  if (client.hasToken) return client;
  const token = await requestJobToken(io.env, client.registry);
  if (token === undefined) return client;
  const made = await client.exchangeToken({ token, ...what });
  io.tell(`publishing as ${made.label}`);
  return createClient({ registry: client.registry, token: made.token });
}

/** A token as it may stand in a header; a usage error, which does not show it, when it may not. */
export function checkToken(text: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CliError(exit.usage, 'The token holds characters that no token has.');
}

/** A registry's address without a trailing slash; a usage error when it is none. */
export function checkRegistry(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CliError(exit.usage, `"${text}" is no registry address; write https://HOST.`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new CliError(exit.usage, 'A registry address has no user, password, ? or #.');
  }
  return text.replace(/\/+$/, '');
}

/** The reference that `text` is; a usage error when it is none. */
export function requireReference(text: string): Reference {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new CliError(exit.usage, `${parsed.reason}.`);
  return parsed.reference;
}
