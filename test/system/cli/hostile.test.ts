import { execFile } from 'node:child_process';
import { cp, lstat, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confirm, readSecret } from '../../../cli/terminal/prompt.ts';
import { encodeCursor } from '../../../worker/page.ts';
import { aaRegistry, type RunOptions, type ServedRegistry, scratch, serve } from '../../cli/cli.ts';
import { startTamperingProxy, type TamperingProxy } from '../../tampering-proxy.ts';

const root = join(import.meta.dirname, '../../..');
const launcher = join(root, 'bin/aa-registry');
/** Control characters: ESC, CSI, bidirectional and invisible ones. */
const controlCharacters = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

describe('the commands with hostile input', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: ServedRegistry;
  let proxy: TamperingProxy;
  let env: NodeJS.ProcessEnv;
  const at = (...parts: string[]) => join(folder, ...parts);
  const run = (args: string[], options: RunOptions = {}) =>
    aaRegistry(args, { ...options, env: { ...env, ...options.env } });

  async function succeed(...args: string[]) {
    const outcome = await run(args);
    expect(outcome.code, outcome.stderr).toBe(0);
    return outcome;
  }

  /** Publishes a shipped profile, varied by `detail`. */
  async function publish(name: string, version: string, detail = '') {
    const path = at(`${name}-${version}`);
    await cp(join(root, 'profiles', name), path, { recursive: true });
    const file = join(path, name);
    await writeFile(file, `${await readFile(file, 'utf8')}${detail}`);
    await succeed('publish', path, '--version', version, '--key', at('key.pem'));
  }

  /** A host that trusts the team. */
  async function host(name: string): Promise<string> {
    await mkdir(at(name, 'etc/aa-registry'), { recursive: true });
    await cp(at('trust.toml'), at(name, 'etc/aa-registry/trust.toml'));
    return at(name);
  }

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    registry = await serve(at('data'));
    proxy = await startTamperingProxy(registry.url);
    env = {
      AA_REGISTRY: registry.url,
      AA_TOKEN: registry.adminToken,
      XDG_CONFIG_HOME: at('config'),
      XDG_STATE_HOME: at('state'),
    };
    await succeed('team', 'create', 'library');
    await succeed('key', 'generate', '--out', at('key.pem'));
    await succeed('key', 'add', 'library', at('key.pem.pub'), '--label', 'key');
    await publish('docker-nginx', '1.0.0');
    await publish('docker-nginx', '1.1.0', '# newer\n');
    await publish('docker-default', '1.0.0');
    await mkdir(at('first'), { recursive: true });
    await mkdir(at('steered'), { recursive: true });
    await succeed('trust', 'init', 'library', '--root', at('first'), '--yes');
    await cp(at('first/etc/aa-registry/trust.toml'), at('trust.toml'));
  });
  beforeEach(() => {
    proxy.tamper = (_, body) => body;
  });
  afterAll(async () => {
    await proxy.close();
    await registry.kill();
    await clean();
  });

  test('no control characters from a registry reach the terminal', async () => {
    const title = '\u001b]0;pwned\u0007\u009b2J\u202e';
    const hostile: [string[], (path: string, body: string) => string][] = [
      [['search'], (_, body) => body.replace('nginx in', JSON.stringify(title).slice(1, -1))],
      [['show', 'docker-nginx'], (_, body) => body.replace('nginx in', `\\u001b[2J`)],
      [['key', 'list', 'library'], (_, body) => body.replace('"key"', JSON.stringify(title))],
      [['login', proxy.url, '--token-stdin'], (_, body) => body.replace('"label":"', '$&\\u009b')],
      [
        ['trust', 'init', '--root', at('steered'), '-y'],
        (path, body) => (path === '/log/checkpoint' ? `${title}\n${body}` : body),
      ],
      [['bundle', 'docker-nginx', '--trust', at('trust.toml'), '-o', at('no')], () => title],
    ];
    for (const [args, change] of hostile) {
      proxy.tamper = (path, body) => change(path, body.toString());
      const options = { env: { AA_REGISTRY: proxy.url }, input: registry.adminToken ?? '' };
      const outcome = await run(args, options);
      expect(outcome.code, args.join(' ')).not.toBe(0);
      expect(outcome.stdout + outcome.stderr).not.toMatch(controlCharacters);
    }
    const named = await run(['search', '--registry', `\u001b[31m`]);
    expect(named.stderr).not.toMatch(controlCharacters);
  });

  test('no control characters and line breaks from files or their names reach the terminal', async () => {
    const hostile = '\u001b]0;pwned\u0007\u009b2J\u202e\u200b\u2028\ufe0f\u{e0041}';
    const name = `${hostile}\nforged: no problems`;
    const folder = at('named', name);
    await mkdir(folder, { recursive: true });
    const profile = (more: string) => `abi <abi/3.0>,\nprofile p {\n  ${more}\n}\n`;
    await writeFile(join(folder, name), profile('/srv/** r,'));
    await writeFile(join(folder, 'bad'), profile(`capability "${name}",\n  ${hostile}/x rw`));
    await writeFile(join(folder, 'spaced'), profile('/a    r,'));
    await writeFile(join(folder, 'including'), profile(`include "/${name}"\n  #include <${name}>`));
    await mkdir(at('named', 'package'));
    await writeFile(
      at('named', 'package', 'aa-profile.toml'),
      `name = "${hostile}"\n["${name}"]\n`,
    );
    const log = `apparmor="DENIED" operation="capable" profile="p${hostile}" capname="${hostile}" comm="${hostile}"\n`;
    await writeFile(at('named', 'log'), log);
    const paths = [name, 'bad', 'spaced', 'including', `missing${name}`].map((one) =>
      join(folder, one),
    );
    const runs = [
      ...['text', 'json', 'sarif'].map((format) => [
        'lint',
        ...paths.slice(0, 4),
        '--format',
        format,
      ]),
      ...['text', 'json'].map((format) => [
        'check',
        ...paths,
        '--format',
        format,
        '--base',
        folder,
      ]),
      ['fmt', '--check', ...paths],
      ['lint', ...paths.slice(4)],
      ['publish', join(folder, 'bad'), '--version', '1.0.0'],
      ['lint', folder],
      ['lint', at('named', 'package')],
      ['publish', at('named', 'package'), '--version', '1.0.0'],
      ['publish', folder, '--version', name],
      ['pull', name],
      ['pull', '--bundle', join(folder, 'bad'), '--root', at('named')],
      [name],
      ['lint', `--${name}`],
      ['explain', name],
      ['denials', '--file', at('named', 'log')],
      ['denials', '--file', at('named', 'log'), '--format', 'json'],
      ['denials', '--file', at('named', 'log'), '--patch', join(folder, 'bad')],
      ['denials', '--file', at('named', name)],
      ['denials', '--file', at('named', 'log'), '--draft', name],
      ['status', '--root', at('named', name)],
      ['key', 'add', 'library', join(folder, 'bad')],
      ['log', 'verify', '--log-key', name],
      ['search', name],
    ];
    for (const args of runs) {
      const { stdout, stderr } = await run(args);
      for (const output of [stdout, stderr]) {
        expect(output, args[0]).not.toMatch(controlCharacters);
        expect(output, args[0]).not.toMatch(/^forged/m);
      }
    }
  }, 120_000);

  test('a registry can’t cause endless requests', async () => {
    let requested = 0;
    proxy.tamper = (path, body) => {
      if (path.startsWith('/v1/log/entries/')) requested++;
      if (path !== '/v1/teams/library') return body;
      const team = JSON.parse(body.toString());
      const envelope = { payloadType: 'x', payload: '', signatures: [{ keyid: '', sig: '' }] };
      const key = { ...team.keys[0], endorsement: envelope, logIndex: 0 };
      return JSON.stringify({ ...team, keys: Array.from({ length: 2000 }, () => key) });
    };
    const args = ['pull', 'docker-nginx', '--root', await host('asked')];
    const outcome = await run(args, { env: { AA_REGISTRY: proxy.url } });
    expect(outcome.code).toBe(4);
    expect(requested).toBe(0);
  });

  test('a response can’t exceed its length or the maximum of its kind', async () => {
    // Parsed, the first takes 600 MB.
    const nested = '['.repeat(4 << 20) + ']'.repeat(4 << 20);
    const wide = `[${'{},'.repeat(2 << 20)}{}]`;
    const wrapped = (text: string) => {
      const payload = Buffer.from(text.slice(0, 48 << 10)).toString('base64');
      const signatures = [{ keyid: '', sig: '' }];
      return JSON.stringify({ payloadType: 'application/vnd.in-toto+json', payload, signatures });
    };
    const root = await host('swollen');
    const responses: [RegExp, string][] = [
      [/^\/v1\/resolve/, nested],
      [/^\/v1\/resolve/, wide],
      [/\/envelope$/, nested],
      [/\/envelope$/, wrapped(nested)],
      [/\/proof/, nested],
      [/^\/v1\/teams\//, wide],
      [/\/profile$/, 'x'.repeat(9 << 20)],
    ];
    for (const [path, body] of responses) {
      proxy.tamper = (requested, given) => (path.test(requested) ? body : given);
      const outcome = await run(['pull', 'docker-nginx', '--root', root], {
        env: { AA_REGISTRY: proxy.url, NODE_OPTIONS: '--max-old-space-size=96' },
        ownProcess: true,
      });
      expect([3, 4], `${path}: ${outcome.stderr}`).toContain(outcome.code);
    }
    proxy.tamper = (requested, given) =>
      requested === '/log/checkpoint' ? 'x'.repeat(1 << 20) : given;
    await mkdir(at('noted'), { recursive: true });
    const noted = await run(['trust', 'init', '--root', at('noted'), '-y'], {
      env: { AA_REGISTRY: proxy.url },
    });
    expect(noted).toMatchObject({ code: 4, stderr: expect.stringContaining('more than 65536') });
  });

  test('a bundle that expands beyond its length is refused', async () => {
    await writeFile(at('nested.bundle'), '['.repeat(4 << 20));
    const outcome = await run(
      ['pull', '--bundle', at('nested.bundle'), '--root', await host('bundled')],
      { env: { NODE_OPTIONS: '--max-old-space-size=96' }, ownProcess: true },
    );
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('nested.bundle') });
    const endless = await run(['pull', '--bundle', '/dev/zero', '--root', await host('zero')]);
    expect(endless.stderr).toContain('/dev/zero has more than 268435456 bytes');
  });

  test('a search ends although the registry always has another page', async () => {
    let requested = 0;
    const first = encodeCursor({ level: 0, id: 0, similar: false });
    proxy.tamper = (_, body) => {
      requested++;
      return body.toString().replace('"next":null', `"next":"${first}"`);
    };
    const outcome = await run(['search', 'nginx'], { env: { AA_REGISTRY: proxy.url } });
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain('There are more results');
    expect(requested).toBeLessThan(200);
  });

  test('a registry shuts down although clients keep connections open', async () => {
    const server = await serve(at('kept'));
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.write('PUT /v1/teams HTTP/1.1\r\nHost: x\r\nContent-Len');
    await new Promise((resolve) => setTimeout(resolve, 200));
    // It exits by itself and is not killed.
    expect(await server.stop()).toBe(0);
    socket.destroy();
  });

  test('errors of a registry are shown in short form', async () => {
    const type = 'urn:aa-registry:problem:x';
    const detail = `\u001b]0;pwned\u0007${'A'.repeat(1_000_000)}`;
    const server = createServer((_, response) => {
      response.writeHead(400, { 'Content-Type': 'application/problem+json' });
      response.end(JSON.stringify({ type, title: 'x', status: 400, detail }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const outcome = await run(['search'], { env: { AA_REGISTRY: url } });
    server.close();
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).not.toMatch(controlCharacters);
    expect(outcome.stderr.length).toBeLessThan(5000);
  });

  test('malformed responses cause a clear error', async () => {
    const bodies = [
      '',
      'null',
      '['.repeat(1_000_000),
      '{"__proto__":{"x":1}}',
      '\ufeff{}',
      '1e999',
    ];
    for (const body of bodies) {
      proxy.tamper = () => body;
      for (const args of [['search'], ['show', 'docker-nginx'], ['key', 'list', 'library']]) {
        const outcome = await run(args, { env: { AA_REGISTRY: proxy.url } });
        expect(outcome).toMatchObject({ code: 4, stdout: '' });
        expect(outcome.stderr).not.toContain('unexpected');
      }
    }
  });

  test('everything is verified before anything is installed', async () => {
    const there = await host('proved');
    proxy.tamper = (path, body) =>
      path.includes('docker-nginx') && path.endsWith('/profile') ? `${body} ` : body;
    const args = ['pull', 'docker-default', 'docker-nginx', '--root', there];
    const outcome = await run(args, { env: { AA_REGISTRY: proxy.url } });
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain('nothing was changed');
    await expect(stat(join(there, 'etc/apparmor.d'))).rejects.toThrow('ENOENT');
  });

  test('a bundle with several versions provides the requested or the highest one', async () => {
    const trust = ['--trust', at('trust.toml')];
    const versions = ['docker-nginx@1.1.0', 'docker-nginx@1.0.0'];
    await succeed('bundle', ...versions, ...trust, '-o', at('two.bundle'));
    const pull = async (name: string, ...refs: string[]) =>
      run(['pull', '--bundle', at('two.bundle'), '--root', await host(name), ...refs]);
    expect((await pull('two-a')).stderr).toContain('docker-nginx@1.1.0');
    expect((await pull('two-b', 'docker-nginx')).stderr).toContain('docker-nginx@1.1.0');
    expect((await pull('two-c', 'docker-nginx@1.0.0')).stderr).toContain('docker-nginx@1.0.0');
    expect((await pull('two-c', 'docker-nginx')).stderr).toContain('docker-nginx@1.1.0');
    expect((await pull('two-d', 'docker-nginx@1.0.1')).code).toBe(1);
    expect((await pull('two-d', 'docker-nginx:stable')).code).toBe(2);
  });

  test('output is written to existing files and never replaces a device', async () => {
    const trust = ['--trust', at('trust.toml')];
    await symlink('/dev/null', at('null'));
    await succeed('pull', 'docker-nginx', '--download-only', '-o', at('null'), ...trust);
    await succeed('bundle', 'docker-nginx', '-o', at('null'), ...trust);
    expect((await lstat(at('null'))).isSymbolicLink()).toBe(true);
    const pull = `"${launcher}" pull docker-nginx --download-only -o /dev/stdout ${trust.join(' ')}`;
    const options = { env: { PATH: process.env.PATH, ...env } };
    const piped = await promisify(execFile)('sh', ['-c', `${pull} | cat`], options);
    expect(piped.stdout).toContain('profile docker-nginx');
    await writeFile(at('unformatted'), 'profile  x {}\n');
    await symlink('unformatted', at('unformatted-link'));
    await succeed('fmt', at('unformatted-link'));
    expect((await lstat(at('unformatted-link'))).isSymbolicLink()).toBe(true);
  });

  test('a channel may have the name of an object’s property', async () => {
    const unknown = await run(['show', 'docker-nginx:constructor']);
    expect(unknown.stderr).toContain('has no channel "constructor"');
    await succeed('channel', 'set', 'docker-nginx@1.0.0', 'constructor');
    const shown = await succeed('show', 'docker-nginx:constructor');
    expect(shown.stdout).toContain('1.0.0, published');
  });

  test('a closed pipe is not an error', async () => {
    const piped = `set -o pipefail; "${launcher}" explain | head -n 1`;
    const options = { env: { PATH: process.env.PATH, HOME: folder } };
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', piped], options);
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toHaveLength(2);
    const full = promisify(execFile)('bash', ['-c', `"${launcher}" explain > /dev/full`], options);
    await expect(full).rejects.toMatchObject({ code: 1, stderr: /^aa-registry: ENOSPC.*\n$/ });
  });

  test('mistakes of users and environments cause a clear error', async () => {
    await mkdir(at('broken/aa-registry'), { recursive: true });
    await writeFile(at('broken/aa-registry/config.toml'), 'x = [');
    await mkdir(at('no-database/registry.db'), { recursive: true });
    await mkdir(at('no-key'));
    await writeFile(at('no-key/log.key'), 'junk', { mode: 0o600 });
    const there = await host('sentence');
    await mkdir(join(there, 'var/lib/aa-registry/installed'), { recursive: true });
    await writeFile(join(there, 'var/lib/aa-registry/installed/library.docker-nginx.json'), '{');
    const pull = ['pull', 'docker-nginx', '--root', there];
    const cases: [number, string[], NodeJS.ProcessEnv?][] = [
      [2, pull, { AA_REGISTRY: 'nonsense' }],
      [1, ['remove', 'docker-nginx', '--root', there]],
      [0, pull],
      [1, ['search'], { XDG_CONFIG_HOME: at('broken') }],
      [0, ['search'], { XDG_CONFIG_HOME: undefined, HOME: '/dev/null' }],
      [2, ['search'], { AA_TOKEN: 'aar_secret\nline' }],
      [2, ['search'], { AA_TOKEN: 'aar_secret…' }],
      [0, ['search', '--registry', registry.url], { AA_TOKEN: '' }],
      [4, ['search'], { AA_REGISTRY: '', AA_TOKEN: '' }],
      [2, ['search', '--registry', 'http://user:secret@127.0.0.1:9']],
      [2, ['search', '--registry', 'http://127.0.0.1:9/?x']],
      [2, ['pull', 'docker-nginx', '--root', '']],
      [2, ['help', 'nosuch']],
      [1, ['serve', '--port', '0', '--data', at('no-database')]],
      [1, ['serve', '--port', '0', '--data', at('no-key')]],
    ];
    for (const [code, args, more = {}] of cases) {
      const outcome = await run(args, { env: more });
      expect(outcome.code, `${args.join(' ')}: ${outcome.stderr}`).toBe(code);
      expect(outcome.stderr).not.toMatch(/unexpected|\bat .*:\d+:\d+|secret/);
    }
  });

  const isRoot = process.getuid?.() === 0;
  const reason = isRoot ? '' : ' (skipped: only root can try)';

  test.skipIf(!isRoot)(
    `a user without a name and a home can use commands that need neither${reason}`,
    async () => {
      const options = { uid: 54_321, env: { HOME: undefined, XDG_CONFIG_HOME: undefined } };
      const outcome = await run(['search'], options);
      expect(outcome.code, outcome.stderr).toBe(0);
    },
  );

  test('a key pair is created completely or not at all', async () => {
    await writeFile(at('taken.pem.pub'), 'another');
    const outcome = await run(['key', 'generate', '--out', at('taken.pem')]);
    expect(outcome.code).toBe(1);
    await expect(stat(at('taken.pem'))).rejects.toThrow('ENOENT');
    expect(await readFile(at('taken.pem.pub'), 'utf8')).toBe('another');
  });

  test('a prompt at the end of standard input ends the command', async () => {
    for (const ask of [readSecret, confirm]) {
      const stdin = new PassThrough();
      const sink = new PassThrough();
      const io = { env: {}, stdin, stdout: sink, stderr: sink, print: () => {}, note: () => {} };
      const prompt = ask(io, 'Well?');
      stdin.end();
      await expect(prompt).rejects.toMatchObject({ exitCode: 2 });
    }
  });
});
