import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseIssuer } from '../../worker/auth/oidc.ts';
import type { RunningRegistry } from '../../worker/node.ts';
import { type OidcIssuer, startIssuer } from '../oidc-issuer.ts';
import { aaRegistry, type Outcome, scratch, startHere } from './cli.ts';

const nginx = join(import.meta.dirname, '../../profiles/docker-nginx');
const address = 'https://profiles.example.org';

describe('commands for teams, tokens and the lifecycle of a profile', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: RunningRegistry;
  let issuer: OidcIssuer;
  let env: NodeJS.ProcessEnv;
  const at = (...parts: string[]) => join(folder, ...parts);

  const run = (args: string[], more: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
    aaRegistry(args, { env: { ...env, ...more } });

  async function succeed(args: string[], more: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const outcome = await run(args, more);
    if (outcome.code !== 0) throw new Error(`${args.join(' ')}: ${outcome.stderr}`);
    return outcome;
  }

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    issuer = await startIssuer();
    registry = await startHere(at('data'), {
      publicUrl: address,
      issuers: [parseIssuer(`github=${issuer.url}`)].filter((one) => one !== undefined),
    });
    env = {
      AA_REGISTRY: registry.url,
      AA_TOKEN: registry.adminToken,
      XDG_CONFIG_HOME: at('config'),
      XDG_STATE_HOME: at('state'),
    };
    for (const team of ['platform', 'edge']) await succeed(['team', 'create', team]);
    await succeed(['key', 'generate', '--out', at('key.pem')]);
    await succeed(['key', 'add', 'platform', at('key.pem.pub')]);
    await cp(nginx, at('package'), { recursive: true });
    const manifest = at('package', 'aa-profile.toml');
    const text = (await readFile(manifest, 'utf8')).replace('"library"', '"platform"');
    await writeFile(manifest, `${text}tags = ["web"]\n`);
    await writeFile(at('package', 'README.md'), '# It serves pages\n');
    await publish('1.0.0', ['--private']);
  });
  afterAll(async () => {
    await registry.close();
    await issuer.close();
    await clean();
  });

  const publish = (version: string, more: string[] = [], environment: NodeJS.ProcessEnv = {}) =>
    succeed(
      ['publish', at('package'), '--version', version, '--key', at('key.pem'), ...more],
      environment,
    );

  test('members see the team’s private profile, others do not', async () => {
    await succeed(['user', 'create', 'ada']);
    await succeed(['member', 'add', 'platform', 'ada', '--role', 'reader']);
    expect((await succeed(['member', 'list', 'platform'])).stdout).toMatch(/^ada +reader +\S+$/m);
    const made = await succeed(['token', 'create', 'laptop', '--user', 'ada', '--expires', '90d']);
    const token = { AA_TOKEN: made.stdout.trim() };
    expect((await succeed(['whoami'], token)).stdout).toMatch(/^User +ada$/m);
    const shown = await succeed(['show', 'platform/docker-nginx'], token);
    expect(shown.stdout).toMatch(/platform\/docker-nginx \(private\)/);
    expect(shown.stdout).toMatch(/^Tags +web$/m);
    expect(await run(['show', 'platform/docker-nginx'], { AA_TOKEN: '' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not exist'),
    });
    expect(
      await run(['yank', 'platform/docker-nginx@1.0.0', '--reason', 'x'], token),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining('requires the role publisher') });
    const id = /^(\d+) .*laptop/m.exec((await succeed(['token', 'list', '--user', 'ada'])).stdout);
    await succeed(['token', 'revoke', id?.[1] ?? '']);
    expect(await run(['whoami'], token)).toMatchObject({ code: 1 });
    await succeed(['member', 'remove', 'platform', 'ada']);
    const again = await run(['member', 'remove', 'platform', 'ada']);
    expect(again).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ada is not a member of team platform.'),
    });
    expect(again.stderr).toContain('aa-registry member list platform');
  });

  test('a bundle of several profiles contains the blind of the private one, which proves its log entry', async () => {
    await cp(at('package'), at('front'), { recursive: true });
    const manifest = at('front', 'aa-profile.toml');
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replaceAll('"docker-nginx', '"front'));
    for (const suffix of ['', '.4.0', '.5.0']) {
      const policy = await readFile(at('front', `docker-nginx${suffix}`), 'utf8');
      await writeFile(at('front', `front${suffix}`), policy.replaceAll('docker-nginx', 'front'));
    }
    await succeed(['publish', at('front'), '--version', '1.0.0', '--key', at('key.pem')]);
    const root = at('several');
    await mkdir(root, { recursive: true });
    await succeed(['trust', 'init', 'platform', '--root', root, '--yes']);
    await succeed(['pull', 'platform/front', 'platform/docker-nginx', '--root', root]);
    const both = ['platform/front', 'platform/docker-nginx'];
    await succeed(['bundle', ...both, '--root', root, '--output', at('both.bundle')]);
    await succeed(['verify', '--bundle', at('both.bundle'), '--root', root]);
  });

  test('without a token, a profile that is not found may be private, whether it exists or not', async () => {
    const root = at('anonymous');
    const anonymous = { AA_TOKEN: '' };
    await mkdir(root, { recursive: true });
    await succeed(['trust', 'init', 'platform', '--root', root, '--yes'], anonymous);
    const hint = `private profiles require one. To log in: aa-registry login ${registry.url}`;
    const messages = [];
    for (const name of ['docker-nginx', 'no-profile']) {
      for (const args of [['show'], ['pull', '--root', root]]) {
        const ref = `platform/${name}`;
        const { code, stderr } = await run([...args, ref], anonymous);
        expect(code).toBe(1);
        expect(stderr).toContain(hint);
        messages.push(stderr.replaceAll(name, 'NAME'));
        expect((await run([...args, `${ref}@9.9.9`])).stderr).not.toContain(hint);
      }
      await writeFile(
        join(root, 'etc/aa-registry/profiles.toml'),
        `profiles = ["platform/${name}"]`,
      );
      const synced = await run(['sync', '--root', root], anonymous);
      expect(synced).toMatchObject({ code: 1, stderr: expect.stringContaining(hint) });
    }
    expect(new Set(messages).size).toBe(1);
    expect((await run(['key', 'list', 'nosuch'], anonymous)).stderr).not.toContain(hint);
  });

  test.each([
    [['member', 'add', 'platform', 'ada', '--role', 'king'], '--role must be one of reader'],
    [['token', 'create', 'x', '--expires', 'soon'], '--expires takes days'],
    [['token', 'create', 'x', '--expires', '2020-01-01'], 'a future time'],
    [['token', 'create', 'x', '--scope', 'root'], '--scope must be one of read'],
    [['token', 'create', 'x', '--profile', 'web'], '--profile requires --team'],
    [['token', 'revoke', 'aar_secret'], 'not its secret'],
    [['visibility', 'platform/docker-nginx', 'hidden'], 'private or public'],
    [['deprecate', 'platform/docker-nginx'], '--reason TEXT'],
    [['transfer', 'platform/docker-nginx', 'edge'], 'use --yes'],
    [['publisher', 'add', 'platform'], '--github or with --gitlab'],
  ])('%j is a usage error that says what to do', async (args, message) => {
    expect(await run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  describe('in a CI job that the team trusts', () => {
    /** GitHub's endpoint for OpenID Connect tokens of a job. */
    let provider: ReturnType<typeof createServer>;
    let job: NodeJS.ProcessEnv;
    let audiences: (string | null)[];

    beforeAll(async () => {
      audiences = [];
      provider = createServer(async (request, response) => {
        const url = new URL(request.url ?? '', 'http://provider');
        audiences.push(url.searchParams.get('audience'));
        const value = await issuer.issue({
          aud: address,
          repository: 'acme/profiles',
          repository_id: '1',
          ref: 'refs/heads/main',
          event_name: 'push',
        });
        response.writeHead(request.headers.authorization === 'Bearer of-the-job' ? 200 : 401);
        response.end(JSON.stringify({ value }));
      });
      await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
      const { port } = provider.address() as AddressInfo;
      job = {
        AA_TOKEN: '',
        ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/?api-version=2`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
      };
    });
    afterAll(() => {
      provider.closeAllConnections();
      provider.close();
    });

    test('publish requires no token and requests an OpenID Connect token for the registry’s URL', async () => {
      const add = ['publisher', 'add', 'platform', '--github', 'acme/profiles'];
      await succeed([...add, '--issuer', issuer.url]);
      const published = await publish('1.1.0', [], job);
      expect(published.stderr).toContain('Publishing as CI of acme/profiles on main');
      expect(audiences).toEqual([registry.url]);
      await succeed(['publisher', 'remove', 'platform', '1']);
      const args = ['publish', at('package'), '--version', '1.2.0', '--key', at('key.pem')];
      expect(await run(args, job)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('does not trust'),
      });
    });

    test('an error of the provider is reported', async () => {
      const args = ['publish', at('package'), '--version', '1.2.0', '--key', at('key.pem')];
      const outcome = await run(args, { ...job, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'other' });
      expect(outcome).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('GitHub issued no token'),
      });
    });
  });

  test('pull shows the deprecation of a profile', async () => {
    await succeed(['visibility', 'platform/docker-nginx', 'public']);
    await mkdir(at('host'), { recursive: true });
    await succeed(['trust', 'init', 'platform', '--root', at('host'), '--yes']);
    await succeed(['deprecate', 'platform/docker-nginx', '--reason', 'Use another one.']);
    const pulled = await succeed(['pull', 'platform/docker-nginx', '--root', at('host')]);
    expect(pulled.stderr).toContain('Deprecated: platform/docker-nginx: Use another one.');
    const status = await run(['status', '--root', at('host')]);
    expect(status.stdout).toContain('deprecated: Use another one.');
    expect((await succeed(['search', 'nginx'])).stdout).toContain('(deprecated) ');
    await writeFile(
      at('host/etc/aa-registry/profiles.toml'),
      'profiles = ["platform/docker-nginx"]\n',
    );
    for (let run = 0; run < 2; run++) {
      const synced = await succeed(['sync', '--root', at('host')]);
      expect(synced.stderr).toContain('Deprecated: platform/docker-nginx: Use another one.');
    }
    const reason = ['--reason', 'Unmaintained', '--replacement', 'platform/front'];
    await succeed(['deprecate', 'platform/docker-nginx', ...reason]);
    expect((await succeed(['show', 'platform/docker-nginx'])).stdout).toMatch(
      /Deprecated +Unmaintained\. Use platform\/front\./,
    );
    await succeed(['deprecate', 'platform/docker-nginx', '--undo']);
    const again = await succeed(['pull', 'platform/docker-nginx', '--root', at('host')]);
    expect(again.stderr).not.toContain('Deprecated');
  });

  test('a transferred profile is closed and refers to the new one', async () => {
    await succeed(['transfer', 'platform/docker-nginx', 'edge', '--yes']);
    const args = ['publish', at('package'), '--version', '2.0.0', '--key', at('key.pem')];
    expect(await run(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Publish edge/docker-nginx'),
    });
    expect((await succeed(['show', 'platform/docker-nginx'])).stdout).toContain(
      'Use edge/docker-nginx',
    );
  });
});
