import { readConfiguration } from '../sdk/config.ts';
import { storedCredentials } from '../sdk/mirror/credentials.ts';
import type { ConnectMirror } from '../sdk/mirror/source.ts';
import { prepareNetwork } from '../sdk/network.ts';
import type { Values } from './framework/command.ts';
import { checkToken, type registryOptions } from './session.ts';
import type { Io } from './terminal/io.ts';

export const fromOption = {
  type: 'string',
  value: 'MIRROR',
  description: 'Use a copy: oci://HOST/[PATH/]TEAM/NAME[:TAG|@sha256:…], or the folder oci:DIR',
} as const;

/**
 * Connects to mirrors: through the proxy and with the CAs of a registry. A mirror gets the token of the registry at the same
 * address, if one is configured, or else the password that container tools have stored for its host.
 */
export function connectMirrorWith(
  io: Io,
  named: Values<Pick<typeof registryOptions, 'registry' | 'ca-file'>>,
): ConnectMirror {
  return async (origin) => {
    const { env } = io;
    const { network, registry, tokenFor } = await readConfiguration(env);
    await prepareNetwork(origin, env, network, named['ca-file']);
    const own = named.registry ?? (env.AA_REGISTRY || registry);
    const isOwn = own !== undefined && URL.parse(own)?.origin === origin;
    const token = isOwn ? env.AA_TOKEN || (await tokenFor(own.replace(/\/+$/, ''))) : undefined;
    if (token !== undefined) return { token: checkToken(token) };
    return { credentials: await storedCredentials(env, new URL(origin).host) };
  };
}

/** What a mirror can't prove, for a profile that was verified with it under a checkpoint of this time. */
export function mirrorLimits(time: number): string {
  const since = `${new Date(time * 1000).toISOString().slice(0, 19)}Z`;
  return `The mirror proves the log and revoked keys as of ${since}; it does not know which versions were yanked`;
}
