import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ifPresent, readBounded } from '../files.ts';
import { type Environment, homeOf, isRoot } from '../home.ts';
import type { MirrorAccess } from './connection.ts';

/** The members of a file of container tools that are read (containers-auth.json(5), docker's config.json). */
const AuthFile = z.object({
  auths: z.record(z.string(), z.object({ auth: z.string().optional() })).optional(),
});

const maxAuthFile = 1 << 20;

/**
 * The password that container tools have stored for a host, such as `registry.example:5000`; `undefined` if none has one.
 * Credential helpers are not run. Root does not read another user's file, as `sudo` may preserve HOME.
 */
export async function storedCredentials(
  env: Environment,
  host: string,
): Promise<MirrorAccess['credentials']> {
  const runtime = env.XDG_RUNTIME_DIR;
  const files = env.REGISTRY_AUTH_FILE
    ? [env.REGISTRY_AUTH_FILE]
    : [
        ...(runtime ? [join(runtime, 'containers/auth.json')] : []),
        join(env.DOCKER_CONFIG || join(homeOf(env), '.docker'), 'config.json'),
      ];
  for (const file of files) {
    const found = await ifPresent(stat(file));
    if (!found || (isRoot() && found.uid !== 0)) continue;
    const credentials = credentialsIn(await readBounded(file, maxAuthFile), host);
    if (credentials) return credentials;
  }
  return undefined;
}

function credentialsIn(bytes: Buffer, host: string): MirrorAccess['credentials'] {
  let auth: string | undefined;
  try {
    auth = AuthFile.parse(JSON.parse(bytes.toString())).auths?.[host]?.auth;
  } catch {
    return undefined;
  }
  if (!auth) return undefined;
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
