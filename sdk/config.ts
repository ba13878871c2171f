import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import * as z from 'zod';
import { homeOf } from './home.ts';
import { writeFileAtomically } from './host/atomic.ts';
import { DamagedFileError, readFileIfPresent } from './host/read-file.ts';

/** What `aa-registry login` remembers for a user. */
export const Config = z.strictObject({
  registry: z.url({ protocol: /^https?$/ }).optional(),
  token: z.string().optional(),
});
export type Config = z.infer<typeof Config>;

/** The user's folder: `$XDG_CONFIG_HOME/aa-registry`, or `~/.config/aa-registry`. */
export function configFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CONFIG_HOME || join(homeOf(env), '.config'), 'aa-registry');
}

function configPath(env: NodeJS.ProcessEnv): string {
  return join(configFolder(env), 'config.toml');
}

/** Reads the user's configuration; empty when there is none. Throws {@link DamagedFileError} when it is malformed. */
export async function readConfig(env: NodeJS.ProcessEnv): Promise<Config> {
  const path = configPath(env);
  const text = await readFileIfPresent(path);
  if (text === undefined) return {};
  try {
    return Config.parse(parse(text));
  } catch {
    throw new DamagedFileError(`${path} is malformed; log in again after removing it`);
  }
}

/** Replaces the user's configuration. It holds a token, so only its owner may read it. */
export async function writeConfig(env: NodeJS.ProcessEnv, config: Config): Promise<void> {
  await writeFileAtomically(configPath(env), `${stringify(config)}\n`, 0o600);
}
