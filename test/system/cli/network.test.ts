import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type RunOptions,
  aaRegistry as run,
  type ServedRegistry,
  scratch,
  serve,
} from '../../cli/cli.ts';

/** Starts a server on a free loopback port; returns the port. */
function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** In processes of their own: proxies and CAs are per process. */
const aaRegistry = (args: string[], options: RunOptions = {}) =>
  run(args, { ...options, ownProcess: true });

describe('proxies and CAs', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: ServedRegistry;
  let proxy: string;
  let secure: string;
  let ca: string;
  /** The requests to the proxy. */
  let requested: string[] = [];
  const servers: Server[] = [];
  const at = (...parts: string[]) => join(folder, ...parts);

  /** Runs `search` and returns the requests to the proxy. */
  async function search(env: NodeJS.ProcessEnv, ...more: string[]) {
    requested = [];
    const own = { XDG_CONFIG_HOME: at('none'), AA_CONFIG: at('none.toml'), ...env };
    return { ...(await aaRegistry(['search', ...more], { env: own })), requested };
  }

  async function hostConfig(text: string): Promise<NodeJS.ProcessEnv> {
    await writeFile(at('config.toml'), text);
    return { AA_CONFIG: at('config.toml') };
  }

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    registry = await serve(at('data'));
    const upstream = new URL(registry.url);

    const forward = createServer((incoming, outgoing) => {
      requested.push(incoming.url ?? '');
      const onward = request(incoming.url ?? '', { headers: incoming.headers }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    forward.on('connect', (incoming, socket) => {
      requested.push(`CONNECT ${incoming.url}`);
      const [host = '', port] = incoming.url?.split(':') ?? [];
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket);
        socket.pipe(onward);
      });
      for (const one of [onward, socket]) one.on('error', () => one.destroy());
    });
    proxy = `http://127.0.0.1:${await listen(forward)}`;

    ca = at('ca.pem');
    const subject = [
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
    ];
    const key = at('tls.pem');
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-keyout', key, '-out', ca, ...subject],
      { stdio: 'pipe' },
    );
    const tls = createTlsServer(
      { key: readFileSync(key), cert: readFileSync(ca) },
      (incoming, outgoing) => {
        const { hostname, port } = upstream;
        const target = { hostname, port, path: incoming.url, headers: incoming.headers };
        request(target, (response) => {
          outgoing.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(outgoing);
        }).end();
      },
    );
    secure = `https://127.0.0.1:${await listen(tls)}`;
    servers.push(forward, tls);
  });
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await registry.kill();
    await clean();
  });

  test('without a proxy, requests go directly to the registry', async () => {
    const { code, requested } = await search({ AA_REGISTRY: registry.url });
    expect({ code, requested }).toEqual({ code: 0, requested: [] });
  });

  test.each(['HTTP_PROXY', 'http_proxy'])('%s is used for http', async (name) => {
    const { code, requested } = await search({ AA_REGISTRY: registry.url, [name]: proxy });
    expect(code).toBe(0);
    expect(requested[0]).toContain(new URL(registry.url).host);
  });

  test('NO_PROXY is respected', async () => {
    const env = { AA_REGISTRY: registry.url, HTTP_PROXY: proxy, NO_PROXY: '127.0.0.1' };
    expect(await search(env)).toMatchObject({ code: 0, requested: [] });
  });

  test('the host’s configuration may name a proxy; the environment takes precedence', async () => {
    const env = await hostConfig(`registry = "${registry.url}"\nproxy = "${proxy}"\n`);
    const through = await search(env);
    expect(through.code, through.stderr).toBe(0);
    expect(through.requested).toHaveLength(1);
    expect(await search({ ...env, NO_PROXY: '*' })).toMatchObject({ code: 0, requested: [] });
  });

  test('an untrusted certificate is refused with advice', async () => {
    const { code, stderr } = await search({ AA_REGISTRY: secure });
    expect(stderr).toContain('signed by an authority that this machine does not trust');
    expect(stderr).toContain('SSL_CERT_FILE');
    expect(code).toBe(4);
  });

  test('SSL_CERT_FILE and ca_file set a CA, also through a proxy', async () => {
    const named = await search({ AA_REGISTRY: secure, SSL_CERT_FILE: ca });
    expect(named.code, named.stderr).toBe(0);
    const env = await hostConfig(`registry = "${secure}"\nca_file = "${ca}"\n`);
    expect(await search(env)).toMatchObject({ code: 0, requested: [] });
    const through = await search({ ...env, HTTPS_PROXY: proxy });
    expect(through.code, through.stderr).toBe(0);
    expect(through.requested).toEqual([`CONNECT ${new URL(secure).host}`]);
  });

  test('--ca-file sets the CA of one command with precedence; login stores it', async () => {
    const wrong = { AA_REGISTRY: secure, SSL_CERT_FILE: '/nonexistent' };
    const named = await search(wrong, '--ca-file', ca);
    expect(named.code, named.stderr).toBe(0);

    const env = { XDG_CONFIG_HOME: at('home') };
    const relative = ['login', '--token-stdin', '--ca-file', 'ca.pem', secure];
    const login = await aaRegistry(relative, {
      env,
      cwd: folder,
      input: registry.adminToken ?? '',
    });
    expect(login.code, login.stderr).toBe(0);
    expect((await search(env)).code).toBe(0);
  });

  test.each([
    ['/nonexistent', 'cannot be read: ENOENT'],
    ['tls.pem', 'tls.pem has no certificate in PEM'],
    ['damaged.pem', 'Certificate 2 in the CA file'],
  ])('--ca-file %s is refused, also for a registry without TLS', async (file, message) => {
    const one = readFileSync(ca, 'utf8');
    await writeFile(at('damaged.pem'), one + one.replace(/\nMI/, '\nIM'));
    for (const AA_REGISTRY of [registry.url, secure]) {
      const { code, stderr } = await search({ AA_REGISTRY }, '--ca-file', resolve(folder, file));
      expect(stderr).toContain(message);
      expect(code).toBe(1);
    }
  });

  test.each([
    [{}, true],
    [{ NO_PROXY: 'other.example,127.0.0.1' }, false],
    [{ NO_PROXY: '*' }, false],
    [{ HTTP_PROXY: '' }, false],
  ])(
    'doctor checks the route of requests: with %j through the proxy: %j',
    async (more, through) => {
      requested = [];
      const { stdout } = await aaRegistry(['doctor', '--format', 'json'], {
        env: { AA_REGISTRY: registry.url, HTTP_PROXY: proxy, AA_CONFIG: at('none.toml'), ...more },
      });
      const found = JSON.stringify(
        JSON.parse(stdout).findings.filter(({ id }: { id: string }) =>
          /^(network|registry)/.test(id),
        ),
      );
      expect(requested.length > 0).toBe(through);
      expect(found).toContain(
        `127.0.0.1, port ${new URL(through ? proxy : registry.url).port} accepts connections`,
      );
      expect(found.includes('responds through the proxy')).toBe(through);
    },
  );

  test('doctor reports an unreachable proxy as such', async () => {
    const env = { AA_REGISTRY: registry.url, HTTP_PROXY: 'http://127.0.0.1:1' };
    const { code, stdout } = await aaRegistry(['doctor'], { env });
    expect(stdout).toContain('The proxy 127.0.0.1, port 1 is unreachable');
    expect(code).toBe(1);
  });

  test.each([
    [{ HTTP_PROXY: 'secret' }, 1, 'The proxy is not an address'],
    [{ HTTP_PROXY: 'http://127.0.0.1:1' }, 4, "can't be reached"],
    [{ AA_REGISTRY: 'https://127.0.0.1:1', SSL_CERT_FILE: '/nonexistent' }, 1, 'cannot be read'],
    [{ AA_REGISTRY: 'https://127.0.0.1:1', SSL_CERT_FILE: '/dev/null' }, 1, 'no certificate'],
  ])('%j exits with %i and a clear message', async (env, expected, text) => {
    const { code, stderr } = await search({ AA_REGISTRY: registry.url, ...env });
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/unexpected|secret/);
    expect(code).toBe(expected);
  });

  test('a malformed configuration is reported with its path and line', async () => {
    const { code, stderr } = await search(await hostConfig('registri = "x"\n'));
    expect(stderr).toContain('config.toml is malformed');
    expect(stderr).toContain('registri');
    expect(code).toBe(1);
  });

  test('a FIFO instead of a configuration does not block', async () => {
    const fifo = at('fifo.toml');
    execFileSync('mkfifo', [fifo]);
    const { code, stderr } = await search({ AA_CONFIG: fifo });
    expect(stderr).toContain('is not a regular file');
    expect(code).toBe(1);
  });

  test('invalid TOML is reported with its line but not quoted, since it may contain a token', async () => {
    const { code, stderr } = await search(await hostConfig('proxy = ""\ntoken_file = "secret\n'));
    expect(stderr).toContain('config.toml is malformed: invalid TOML: line 2');
    expect(stderr).not.toContain('secret');
    expect(code).toBe(1);
  });

  test('the host’s token is only sent to its registry, and only by users who may read it', async () => {
    await writeFile(at('token'), `${registry.adminToken}\n`, { mode: 0o600 });
    await chmod(folder, 0o755);
    const env = await hostConfig(`registry = "${registry.url}/"\ntoken_file = "${at('token')}"\n`);
    const whoami = (more: NodeJS.ProcessEnv, uid?: number) =>
      aaRegistry(['whoami'], {
        env: { XDG_CONFIG_HOME: at('none'), ...env, ...more },
        ...(uid === undefined ? {} : { uid }),
      });
    expect((await whoami({})).code).toBe(0);
    if (process.getuid?.() === 0) expect((await whoami({}, 65_534)).code).toBe(1);
    const elsewhere = registry.url.replace('127.0.0.1', 'localhost');
    expect((await whoami({ AA_REGISTRY: elsewhere })).code).toBe(1);
  });

  test('the user’s file takes precedence over the host’s, and login keeps its other keys', async () => {
    const env = await hostConfig('registry = "http://127.0.0.1:1"\n');
    const user = { ...env, XDG_CONFIG_HOME: at('user') };
    await mkdir(at('user/aa-registry'), { recursive: true });
    const file = at('user/aa-registry/config.toml');
    await writeFile(file, `proxy = "${proxy}"\n`);
    const input = registry.adminToken ?? '';
    const login = ['login', '--token-stdin', registry.url];
    requested = [];
    const { code, stderr } = await aaRegistry(login, { env: user, input });
    expect(code, stderr).toBe(0);
    expect(requested).not.toEqual([]);
    expect(readFileSync(file, 'utf8')).toContain(`proxy = "${proxy}"`);
    expect((await aaRegistry(['whoami'], { env: user })).code).toBe(0);
  });
});
