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

/** The options of commands that use a registry. */
export const registryOptions = {
  registry: {
    type: 'string',
    value: 'URL',
    description:
      'The registry (default: AA_REGISTRY, then the one saved by login, then config.toml)',
  },
  'ca-file': caFileOption,
} as const;

/** The registry that is used if none is named or configured. */
export const defaultRegistry = 'http://127.0.0.1:8787';

/**
 * Creates the client of a command, for the first of these registries: --registry, the environment, `preferred`, the
 * login, the host's configuration. A token is sent only to its own registry: AA_TOKEN never to one that only the files
 * of another root name.
 */
export async function openSession(
  io: Io,
  named: Values<typeof registryOptions> & { root?: string | undefined; trust?: unknown },
  preferred?: string,
  { brief, anonymous, ...pacing }: SessionOptions = {},
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
  const token = anonymous
    ? undefined
    : (!isAnothers && io.env.AA_TOKEN) || (await config.tokenFor(registry));
  return createClient({
    registry,
    token: token === undefined ? undefined : checkToken(token),
    waitLimits: brief ? waitLimits.brief : waitLimits.usual,
    timeout: brief ? briefTimeout : undefined,
    onWait: brief ? undefined : reportWaits(io),
    ...pacing,
  });
}

/** The connection options for calls of the SDK. */
export function connectWith(
  io: Io,
  named: Values<typeof registryOptions> & { root?: string | undefined; trust?: unknown },
): Connect {
  return (registry, { brief }) => openSession(io, named, registry, { brief });
}

/** How a command waits when a registry asks it to. */
export interface SessionOptions extends PacingOptions {
  /** The response is optional. */
  brief?: boolean;
  /** Send no API token: a host signs its requests. */
  anonymous?: boolean;
}

/** Prints that the command waits for the registry: once, and again for each long wait. */
function reportWaits(io: Io): (waiting: Waiting) => void {
  let shown = false;
  return (waiting) => {
    if (shown && waiting.seconds < 10) return;
    shown = true;
    io.note(`${describeWait(waiting)}. The command continues then.`);
  };
}

export function describeWait({ seconds, status }: Waiting): string {
  const why = status === 429 ? 'too many requests from this address' : 'it is not ready';
  return `The registry asks to wait ${seconds} s: ${why}`;
}

/**
 * Creates the client for publishing: like {@link openSession}, but a CI job without a token exchanges its OpenID
 * Connect token for one.
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
  io.note(`Publishing as ${made.label}`);
  return createClient({ registry: client.registry, token: made.token });
}

/** Validates a token for use in a header. The usage error does not show it. */
export function checkToken(text: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CliError(exit.usage, 'The token has invalid characters.');
}

/** Parses a registry's address and removes a trailing slash. Throws a usage error if it is invalid. */
export function checkRegistry(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    const host = URL.parse(`http://${text}`)?.hostname ?? '';
    // A registry on this machine, as "serve" starts one, has no TLS.
    const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host);
    const example = isLocal ? `http://${text}` : 'https://HOST';
    throw new CliError(exit.usage, `"${text}" is not a registry address; write ${example}.`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new CliError(
      exit.usage,
      'A registry address can’t have a user, password, query or fragment.',
    );
  }
  return text.replace(/\/+$/, '');
}

/** Parses a reference. Throws a usage error if it is invalid. */
export function requireReference(text: string): Reference {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new CliError(exit.usage, `${parsed.reason}.`);
  return parsed.reference;
}
