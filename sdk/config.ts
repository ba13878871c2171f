import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import * as z from 'zod';
import { SdkError } from './error.ts';
import { readBounded, readTextIfPresent, writeFileAtomically } from './files.ts';
import { type Environment, homeOf, isRoot, placeBelowHome } from './home.ts';
import type { NetworkSettings } from './network.ts';
import { parseToml } from './toml.ts';

/** Settings that both a host's and a user's file can have. */
const Settings = z.strictObject({
  registry: z.url({ protocol: /^https?$/ }).optional(),
  ca_file: z.string().optional(),
  proxy: z.string().optional(),
  no_proxy: z.string().optional(),
});

/** A user's file, which also stores the tokens of `aa-registry login`. */
export const Config = Settings.extend({ token: z.string().optional() });
export type Config = z.infer<typeof Config>;

/** A host's file, which all its users may read; the token is in a separate file. */
const HostConfig = Settings.extend({
  token_file: z.string().optional(),
  /** Whether `sync` reports to the team that the host joined, and with which names. */
  report: z.boolean().optional(),
  report_names: z.boolean().optional(),
});

/** The effective configuration: the user's settings, then the host's. */
export interface Configuration {
  registry: string | undefined;
  /** The token stored for a registry; it is sent to no other. */
  tokenFor: (registry: string) => Promise<string | undefined>;
  network: NetworkSettings;
  /** Whether the host reports to the team that it joined after each sync, and whether with names as they are. */
  report: { isOn: boolean; rawNames: boolean };
}

/** The user's folder: `$XDG_CONFIG_HOME/aa-registry`, or `~/.config/aa-registry`. */
export function configFolder(env: Environment): string {
  return join(env.XDG_CONFIG_HOME || join(homeOf(env), '.config'), 'aa-registry');
}

function configPath(env: Environment): string {
  return join(configFolder(env), 'config.toml');
}

/** The host's file: `/etc/aa-registry/config.toml`, or the path in `AA_CONFIG`. */
export function hostConfigPath(env: Environment): string {
  return env.AA_CONFIG || '/etc/aa-registry/config.toml';
}

/**
 * Reads the user's configuration; empty if there is none. Throws {@link SdkError} if it is malformed. Root does not
 * read another user's file: `sudo` may preserve HOME, and the file names the registry, the proxy and the CAs.
 */
export async function readConfig(env: Environment): Promise<Config> {
  const path = configPath(env);
  const check = ({ uid }: Stats) => {
    if (!isRoot() || uid === 0) return;
    throw new SdkError('unsafe-place', `${path} belongs to user ${uid}, not to root`, {
      next: 'Root uses only its own settings. Set HOME=/root, as "sudo -H" does.',
    });
  };
  return (await readToml(path, Config, check)) ?? {};
}

/** Reads the user's configuration merged over the host's. Throws {@link SdkError} if one is malformed. */
export async function readConfiguration(env: Environment): Promise<Configuration> {
  const user = await readConfig(env);
  const host = (await readToml(hostConfigPath(env), HostConfig)) ?? {};
  return {
    registry: user.registry ?? host.registry,
    tokenFor: async (registry) => {
      if (user.registry === registry && user.token !== undefined) return user.token;
      const mine = host.registry?.replace(/\/+$/, '') === registry;
      return mine && host.token_file ? readToken(host.token_file) : undefined;
    },
    network: {
      proxy: user.proxy ?? host.proxy,
      noProxy: user.no_proxy ?? host.no_proxy,
      caFile: user.ca_file ?? host.ca_file,
    },
    report: { isOn: host.report ?? false, rawNames: host.report_names ?? false },
  };
}

/** The maximum size of a token file, in bytes. */
const maxToken = 64 * 1024;

/** The host's token; `undefined` for users who may not read it. */
async function readToken(path: string): Promise<string | undefined> {
  try {
    return (await readBounded(path, maxToken)).toString('utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    throw error;
  }
}

async function readToml<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  check?: (stats: Stats) => void,
): Promise<z.infer<Schema> | undefined> {
  const text = await readTextIfPresent(path, check);
  if (text === undefined) return undefined;
  const parsed = parseToml(`${path} is malformed`, text, schema);
  if (!parsed.ok) throw new SdkError('file-damaged', parsed.reason);
  return parsed.value;
}

/**
 * Replaces the user's configuration. It contains a token, so only its owner may read it. Root follows no link on the
 * path that another user created.
 */
export async function writeConfig(env: Environment, config: Config): Promise<void> {
  await writeFileAtomically(placeBelowHome(configPath(env)), `${stringify(config)}\n`, 0o600);
}
