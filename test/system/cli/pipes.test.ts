import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launcher, scratch } from '../../cli/cli.ts';
import { command } from '../../command.ts';

/** Files named by options: an inherited pipe is read, and a FIFO is refused, since it could block for ever. */
describe('files named by options', { timeout: 60_000 }, () => {
  let folder: string;
  let clean: () => Promise<void>;
  let key: string;
  const at = (...parts: string[]) => join(folder, ...parts);

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    execFileSync('mkfifo', ['-m', '600', at('fifo')]);
    await mkdir(at('root/etc/aa-registry'), { recursive: true });
    await writeFile(at('policy'), 'abi <abi/3.0>,\nprofile web {\n}\n');
    await writeFile(
      at('log'),
      'audit: type=1400 audit(1700000000.000:1): apparmor="ALLOWED" operation="open" profile="web" name="/srv/a" pid=1 comm="web" requested_mask="r" denied_mask="r" fsuid=0 ouid=0\n',
    );
    [key = ''] = (await command(['log', 'key', 'example.org/log', '-o', at('log.key')])).lines;
    const trust = `registry = "http://127.0.0.1:9"\nlog.key = "${key}"\n`;
    await writeFile(at('root/etc/aa-registry/trust.toml'), trust);
  });
  afterAll(() => clean());

  const commands: [args: string][] = [
    ['pull web --root ROOT --trust FILE'],
    ['pull --bundle FILE --root ROOT'],
    ['verify --bundle FILE --root ROOT'],
    ['sync --root ROOT --profiles FILE'],
    ['status --offline --root ROOT --trust FILE'],
    ['search web --registry http://127.0.0.1:9 --ca-file FILE'],
    ['trust show --trust FILE'],
    ['key add library FILE'],
    ['publish FOLDER --version 1.0.0 --key FILE'],
    ['log witness --key FILE --log-key VKEY --port 0'],
    ['admin restore FILE --data ROOT/data'],
    ['lint FILE'],
    ['check FILE'],
    ['fmt FILE'],
    ['denials --file FILE'],
    ['denials --file FILE --follow'],
    ['denials --draft web --file LOG -o FILE --force'],
  ];
  const package_ = join(import.meta.dirname, '../../../profiles/docker-nginx');
  const words = (args: string, file: string) =>
    args
      .split(' ')
      .map((word) =>
        word
          .replace('LOG', at('log'))
          .replace('FILE', file)
          .replace('ROOT', at('root'))
          .replace('VKEY', key)
          .replace('FOLDER', package_),
      );

  test.each(commands)('%s refuses a FIFO at once', async (args) => {
    const { output, code } = await command(words(args, at('fifo')));
    expect(output).toMatch(/\/fifo is not a regular file/);
    expect(code === 0).toBe(false);
  });

  test('a socket is refused too', async () => {
    const server = createServer().listen(at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    const { output, code } = await command(['lint', at('socket')]);
    server.close();
    expect(output).toContain(`${at('socket')} is not a regular file`);
    expect(code).toBe(1);
  });

  test.each([
    ['process substitution', 'check <(cat policy)'],
    ['one whose writer has ended', 'check <(printf "profile web { }\\n")'],
    ['standard input', 'check /dev/stdin < <(sleep 0.2; cat policy)'],
    ['a redirected file', 'check /dev/stdin < policy'],
    ['a trust file from a pipe', 'trust show --trust <(cat root/etc/aa-registry/trust.toml)'],
  ])('%s works', (_, line) => {
    const output = execFileSync('bash', ['-c', `${launcher} ${line}`], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(output).toMatch(/no problems|Registry/);
  });
});
