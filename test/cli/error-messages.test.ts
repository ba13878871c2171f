import { chmod, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningRegistry } from '../../worker/node.ts';
import { aaRegistry, scratch, startHere } from './cli.ts';

const isRoot = process.getuid?.() === 0;
const unlessRoot = isRoot ? '' : ' (skipped: only root can try)';
const nginx = join(import.meta.dirname, '../../profiles/docker-nginx');

describe('errors have a clear message with advice', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: RunningRegistry;
  const at = (...parts: string[]) => join(folder, ...parts);
  const run = (args: string[], uid?: number) =>
    aaRegistry(
      args.map((word) => word.replace('AT', folder)),
      {
        env: { AA_REGISTRY: registry.url, AA_CONFIG: at('none'), XDG_STATE_HOME: at('state') },
        ...(uid === undefined ? {} : { uid, cwd: folder }),
      },
    );

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    registry = await startHere(at('data'));
    await chmod(folder, 0o755);
    await cp(nginx, at('package'), { recursive: true });
    await run(['key', 'generate', '--out', 'AT/key.pem']);
    await mkdir(at('host/var/log/audit'), { recursive: true });
    await mkdir(at('host/var/lib/aa-registry'), { recursive: true });
    await writeFile(at('host/var/log/audit/audit.log'), '', { mode: 0o600 });
  });
  afterAll(async () => {
    await registry.close();
    await clean();
  });

  test.each<[args: string, code: number, ...texts: string[]]>([
    ['whoami', 1, 'requires an API token, and none is configured', 'aa-registry login http://'],
    ['key add library nofile', 1, 'nofile does not exist.'],
    ['key add library AT/key.pem', 1, 'a private key, which must not be shared', 'key.pem.pub'],
    ['key generate --no-passphrase --out /proc/x.pem', 1, '/proc/x.pem cannot be created'],
    [
      'key generate --out AT/key.pem',
      1,
      'already exists; not overwritten',
      'aa-registry key add TEAM /',
      'aa-registry key generate --out FILE',
    ],
    ['key rotate library AT/package', 1, 'is a folder, and a file is needed'],
    ['trust show --root AT/none', 2, '--root: folder'],
    ['trust show --root AT/package', 3, 'No team is trusted yet', 'trust init TEAM'],
    ['trust init Bad --registry http://127.0.0.1:9', 2, '"Bad" is not a valid team name'],
    ['search --registry http://127.0.0.1:2', 4, 'connection refused (ECONNREFUSED)', 'doctor'],
    ['search --registry http://nosuch.invalid', 4, 'registry at http://nosuch.invalid'],
    ['serve --data AT/other --port 0 --host 192.0.2.1', 1, 'has no address 192.0.2.1'],
    [
      'admin check --data AT/nosuch',
      1,
      'does not exist',
      'use --data to select the registry’s folder',
    ],
    ['admin backup', 2, '"admin backup" requires FILE.'],
  ])('%s exits with %i', async (args, code, ...texts) => {
    const outcome = await run(args.split(' '));
    for (const text of texts) expect(outcome.stderr).toContain(text);
    expect(outcome.stderr).not.toMatch(/ENOENT|EISDIR|EADDR/);
    expect(outcome).toMatchObject({ code, stdout: '' });
  });

  test.skipIf(!isRoot).each([
    ['key generate --out AT/other.pem', 1, 'Permission denied:', 'with sudo'],
    ['log key example.org/log -o AT/log.key', 1, 'Permission denied:', '/log.key'],
    ['denials --follow --root AT/host', 5, 'requires root', 'with sudo'],
    ['denials --root AT/host', 5, 'requires root', '--file'],
  ])(`%s as another user exits with %i${unlessRoot}`, async (args, code, ...texts) => {
    const outcome = await run(args.split(' '), 65_534);
    for (const text of texts) expect(outcome.stderr).toContain(text);
    expect(outcome.stderr).not.toMatch(/EACCES|EPERM|\.tmp/);
    expect(outcome.code).toBe(code);
  });

  test('https of a registry without TLS says so', async () => {
    const outcome = await run(['search', '--registry', registry.url.replace('http:', 'https:')]);
    expect(outcome).toMatchObject({ code: 4 });
    expect(outcome.stderr).toContain('it does not speak TLS; try http://');
  });

  test('fmt accepts a package like lint', async () => {
    const file = at('package/docker-nginx');
    const formatted = await readFile(file, 'utf8');
    const { mode } = await stat(file);
    await writeFile(file, formatted.replace('  include', '      include'));
    expect(await run(['fmt', '--check', 'AT/package'])).toMatchObject({ code: 1 });
    expect((await run(['fmt', 'AT/package'])).stdout).toBe(`${file}\n`);
    expect(await readFile(file, 'utf8')).toBe(formatted);
    expect((await stat(file)).mode).toBe(mode);
  });
});
