import { spawn, spawnSync } from 'node:child_process';
import { chmod, chown, copyFile, cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { aaRegistry, scratch } from '../cli/cli.ts';

const root = join(import.meta.dirname, '../..');
/** An unprivileged user, if run as root. */
const user = process.getuid?.() === 0 ? 65_534 : undefined;

describe('the executable, without Node.js, as an unprivileged user', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let program: string;
  let env: NodeJS.ProcessEnv;
  let end: () => Promise<number | null>;

  const run = async (...args: string[]) => {
    const options = { program, cwd: folder, env, ...(user === undefined ? {} : { uid: user }) };
    const outcome = await aaRegistry(args, options);
    return { ...outcome, output: outcome.stdout + outcome.stderr };
  };

  async function succeed(...args: string[]) {
    const outcome = await run(...args);
    expect(outcome.code, outcome.output).toBe(0);
    return outcome;
  }

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    await chmod(folder, 0o777);
    program = join(folder, 'aa-registry');
    // Built by npm run build:binary, which npm test runs first.
    await copyFile(join(root, 'dist/aa-registry'), program);
    await chmod(program, 0o755);
    env = { PATH: '/nonexistent', HOME: folder };

    const data = join(folder, 'data');
    const child = spawn(program, ['serve', '--data', data, '--port', '0'], {
      cwd: '/',
      env: { ...env, AA_SERVE_LOG_LEVEL: 'error' },
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    end = () => {
      child.kill('SIGTERM');
      return ended;
    };
    for await (const line of createInterface({ input: child.stdout })) {
      env.AA_TOKEN ??= /aar_\S+/.exec(line)?.[0];
      env.AA_REGISTRY = /listening on (\S+)/.exec(line)?.[1];
      if (env.AA_REGISTRY !== undefined) break;
    }
  });
  afterAll(async () => {
    await end();
    await clean();
  });

  test('prints its version', async () => {
    expect((await succeed('--version')).stdout).toBe(`${manifest.version}\n`);
  });

  test('ignores NODE_OPTIONS', async () => {
    const options = { program, env: { NODE_OPTIONS: '--require /nonexistent.js' } };
    expect((await aaRegistry(['--version'], options)).code).toBe(0);
  });

  test('serves a registry, publishes to it and pulls from it', async () => {
    const nginx = join(folder, 'docker-nginx');
    await cp(join(root, 'profiles/docker-nginx'), nginx, { recursive: true });
    await mkdir(join(folder, 'host'));
    if (user !== undefined) await chown(join(folder, 'host'), user, user);
    await succeed('lint', nginx);
    await succeed('team', 'create', 'library');
    await succeed('key', 'generate', '--out', 'key.pem');
    await succeed('key', 'add', 'library', 'key.pem.pub');
    await succeed('publish', nginx, '--version', '1.0.0', '--key', 'key.pem');
    await succeed('trust', 'init', 'library', '--root', 'host', '--yes');
    await succeed('pull', 'docker-nginx', '--root', 'host');
    const installed = join(folder, 'host/etc/apparmor.d/aa-registry.library.docker-nginx');
    expect(await readFile(installed)).toEqual(await readFile(join(nginx, 'docker-nginx')));
  });

  test('fails like the launcher', async () => {
    expect((await run('pull', 'nosuch', '--root', 'host')).code).toBe(1);
    expect((await run('pul')).output).toContain('Did you mean "pull"?');
  });

  test('leaves no temporary files', async () => {
    env.TMPDIR = join(folder, 'temporary');
    await mkdir(env.TMPDIR);
    await chmod(env.TMPDIR, 0o777);
    await run('admin', 'check', '--data', join(folder, 'data'));
    expect(spawnSync('ls', ['-A', env.TMPDIR], { encoding: 'utf8' }).stdout).toBe('');
  });

  test('gives advice if its database can’t be loaded', async () => {
    env.TMPDIR = '/nonexistent';
    const { code, output } = await run('serve', '--data', join(folder, 'other'), '--port', '0');
    expect(output).toContain('TMPDIR');
    expect(code).toBe(5);
    delete env.TMPDIR;
  });

  test('ends on SIGTERM', async () => {
    expect(await end()).toBe(0);
  });
});
