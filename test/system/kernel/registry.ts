import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { hostAddress } from './machine.ts';
import { cli } from './software.ts';
import { environment, run } from './tools.ts';

/** A registry on the host, with a team `library` and its publisher key. */
export interface Registry {
  /** Its URL as seen from a guest. */
  url: string;
  /** Its database, for tests that tamper with it. */
  database: string;
  /** Publishes the profile in a folder as the team. */
  publish(folder: string, version: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts a registry with its data in `folder`, and sets it up with the CLI. */
export async function startRegistry(folder: string): Promise<Registry> {
  const data = path.join(folder, 'data');
  const key = path.join(folder, 'release.pem');
  const server = spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      cli,
      'serve',
      '--data',
      data,
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--log-level',
      'error',
      // Tests tamper with its database, so responses must not be cached.
      '--answer-cache-bytes',
      '0',
    ],
    { env: environment, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const close = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const closed = once(server, 'close');
    server.kill('SIGTERM');
    await closed;
  };

  try {
    const { url, token } = await announced(server.stdout);
    const administer = (...args: string[]) =>
      run(cli, args, { env: { AA_REGISTRY: url, AA_TOKEN: token, HOME: folder } });
    await administer('team', 'create', 'library');
    await administer('key', 'generate', '--out', key);
    await administer('key', 'add', 'library', `${key}.pub`);
    return {
      url: `http://${hostAddress}:${new URL(url).port}`,
      database: path.join(data, 'registry.db'),
      publish: async (from, version) => {
        await administer('publish', from, '--version', version, '--key', key);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Reads the URL and the administrator token from the output of a registry. */
async function announced(output: Readable): Promise<{ url: string; token: string }> {
  let url: string | undefined;
  let token: string | undefined;
  for await (const line of createInterface({ input: output })) {
    url ??= /listening on (\S+)/.exec(line)?.[1];
    token ??= /\baar_\S+/.exec(line)?.[0];
    if (!url || !token) continue;
    output.resume();
    return { url, token };
  }
  throw new Error('the registry did not start');
}
