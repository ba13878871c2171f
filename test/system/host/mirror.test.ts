import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { trustPath } from '../../../sdk/trust-file.ts';
import type { Manifest } from '../../../trust/index.ts';
import { scratch } from '../../cli/cli.ts';
import { command } from '../../command.ts';
import { type Intercept, type Mirror, startMirror } from '../../oci-mirror.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
} from '../../publisher.ts';
import { runtimes, type TestRegistry } from '../../runtimes.ts';

describe.each(runtimes)('pull --from a mirror of a registry on $name', ({ start }) => {
  let registry: TestRegistry;
  let team: Publisher;
  let folder: Awaited<ReturnType<typeof scratch>>;
  let mirror: Mirror;
  let host: string;
  let trust: string;
  let hosts = 0;
  const path = 'library/web';

  beforeAll(async () => {
    registry = await start();
    folder = await scratch();
    team = await createPublisher(registry, 'library');
    for (const version of ['1.0.0', '1.1.0']) {
      const text = profileText('web', version);
      await expectStatus(201, publish(registry, team, { name: 'web', version, text }));
    }
    const several = {
      ...{ name: 'several', version: '1.0.0', others: [profileText('several', '-newer')] },
      manifest: { ...manifest, variants: ['3.0', '4.0'] },
    };
    await expectStatus(201, publish(registry, team, several));
    const stable = { version: '1.0.0', previous: null };
    const channel = '/v1/profiles/library/web/channels/stable';
    await expectStatus(200, send(registry, 'PUT', channel, stable, team.token));
    // Hosts get the trust file of a machine that reaches the registry.
    const other = join(folder.path, 'online');
    await mkdir(other);
    const trusting = ['trust', 'init', 'library', '--root', other, '--registry', registry.url];
    expect(await command([...trusting, '--yes'])).toMatchObject({ code: 0 });
    trust = await readFile(trustPath(other), 'utf8');
  });
  afterAll(async () => {
    await registry.close();
    await folder.clean();
  });
  beforeEach(async () => {
    mirror = await startMirror();
    for (const tag of ['1.0.0', '1.1.0', 'stable', 'latest']) {
      await mirror.copy({ registry, path, tag });
    }
    host = join(folder.path, `host-${++hosts}`);
    await mkdir(join(host, 'etc/aa-registry'), { recursive: true });
    await writeFile(trustPath(host), trust);
  });
  afterEach(() => mirror.close());

  const pullFrom = (from: string, args: string[] = [], env: NodeJS.ProcessEnv = {}) =>
    command(['pull', ...args, '--from', from, '--root', host, '--offline'], env);
  const file = (name = 'web') =>
    readFile(join(host, 'etc/apparmor.d', `aa-registry.library.${name}`), 'utf8');
  const at = (rest: string, name = path) => `oci://${mirror.host}/${name}${rest}`;

  async function expectPulled(from: string, version: string, env?: NodeJS.ProcessEnv) {
    const outcome = await pullFrom(from, [], env);
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
    expect(await file()).toBe(profileText('web', version));
    return outcome;
  }

  test.each([
    ['', '1.0.0'],
    [':1.1.0', '1.1.0'],
    [':latest', '1.1.0'],
    [':stable', '1.0.0'],
  ])('installs what "%s" names', async (tag, version) => {
    const { stderr } = await expectPulled(at(tag), version);
    expect(stderr).toMatch(/The mirror proves the log and revoked keys as of 20\d\d-/);
    expect(mirror.requests.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  test('installs a digest, with variants, and shows how to run it', async () => {
    const digest = mirror.repositories.get(path)?.tags.get('1.1.0');
    await expectPulled(at(`@${digest}`), '1.1.0');
    await mirror.copy({ registry, path: 'library/several', tag: '1.0.0' });
    const from = at(':1.0.0', 'library/several');
    const outcome = await pullFrom(from, ['--target', '4.0']);
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
    expect(await file('several')).toBe(profileText('several', '-newer'));
    const run = await command(['run-args', 'several', '--root', host]);
    expect(run.output).toContain('apparmor=several');
  });

  test('verifies and shows without installing', async () => {
    const planned = await pullFrom(at(':1.1.0'), ['--dry-run']);
    expect(planned, planned.output).toMatchObject({ code: 0 });
    expect(planned.stderr).toContain('Would install web 1.1.0');
    const verified = await command(['verify', '--from', at(':1.1.0'), '--root', host]);
    expect(verified, verified.output).toMatchObject({ code: 0 });
    expect(verified.stdout).toContain('library/web@1.1.0');
    const output = join(host, 'web.txt');
    const written = await pullFrom(at(':1.1.0'), ['--download-only', '-o', output]);
    expect(written, written.output).toMatchObject({ code: 0 });
    expect(await readFile(output, 'utf8')).toBe(profileText('web', '1.1.0'));
    await expect(file()).rejects.toThrow('ENOENT');
  });

  test('from the registry itself, also a private profile with its token', async () => {
    await expectStatus(201, publish(registry, team, { name: 'secret', version: '1.0.0' }));
    const visibility = '/v1/profiles/library/secret/visibility';
    await expectStatus(
      200,
      send(registry, 'PUT', visibility, { visibility: 'private' }, team.token),
    );
    const { host: own } = new URL(registry.url);
    await expectPulled(`oci://${own}/${path}:1.1.0`, '1.1.0');
    const from = `oci://${own}/library/secret:1.0.0`;
    expect((await pullFrom(from)).code).not.toBe(0);
    const env = { AA_REGISTRY: registry.url, AA_TOKEN: team.token };
    const outcome = await pullFrom(from, [], env);
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
  });

  test('from a registry without the referrers API, in a path, and with an older bundle as well', async () => {
    mirror.referrers = 'tag';
    await mirror.copy({ registry, path, tag: '1.1.0', to: `a/b-c/${path}` });
    await expectPulled(at(':1.1.0', `a/b-c/${path}`), '1.1.0');
    const asked = mirror.requests.map((one) => one.path);
    expect(asked.some((one) => one.includes('/manifests/sha256-'))).toBe(true);
  });

  test.each(['basic', 'bearer'] as const)('with a password that is stored (%s)', async (scheme) => {
    mirror.password = { scheme, value: 'open sesame' };
    const auth = Buffer.from('ada:open sesame').toString('base64');
    const stored = join(host, 'auth.json');
    await writeFile(stored, JSON.stringify({ auths: { [mirror.host]: { auth } } }));
    const refused = await pullFrom(at(':1.1.0'));
    expect(refused.output).toContain('refuses access');
    await expectPulled(at(':1.1.0'), '1.1.0', { REGISTRY_AUTH_FILE: stored });
  });

  test('sends credentials to no other address', async () => {
    const other = await startMirror();
    try {
      await other.copy({ registry, path, tag: '1.1.0' });
      mirror.blobsAt = `http://${other.host}`;
      mirror.password = { scheme: 'basic', value: 'secret' };
      const auth = Buffer.from('ada:secret').toString('base64');
      const env = { REGISTRY_AUTH_FILE: join(host, 'auth.json') };
      await writeFile(
        env.REGISTRY_AUTH_FILE,
        JSON.stringify({ auths: { [mirror.host]: { auth } } }),
      );
      await expectPulled(at(':1.1.0'), '1.1.0', env);
      expect(other.requests.length).toBeGreaterThan(0);
      // Tokens of another address are fetched without the password.
      mirror.password = { scheme: 'bearer', value: 'secret', realm: `http://${other.host}/token` };
      expect((await pullFrom(at(':1.0.0'), [], env)).output).toContain('refuses access');
      expect(other.requests.some((one) => one.path.startsWith('/token?'))).toBe(true);
      expect(other.requests.every((one) => one.authorization === undefined)).toBe(true);
    } finally {
      await other.close();
    }
  });

  test('from a folder in the OCI layout: all of it, or what is named', async () => {
    const layout = join(host, 'layout');
    await mirror.writeLayout(path, layout);
    await expectPulled(`oci:${layout}`, '1.1.0');
    for (const [reference, version] of [
      ['web@1.0.0', '1.0.0'],
      ['web@^1', '1.1.0'],
    ] as const) {
      const outcome = await pullFrom(`oci:${layout}`, [reference]);
      expect(outcome, outcome.output).toMatchObject({ code: 0 });
      expect(await file()).toBe(profileText('web', version));
    }
    expect((await pullFrom(`oci:${layout}`, ['nginx'])).output).toContain('does not contain');
    expect((await pullFrom(`oci:${layout}`, ['web:stable'])).output).toContain('no channels');
    expect((await pullFrom(`oci:${host}`)).output).toContain('is not a folder in the OCI');
  });

  test('what a profile needs comes from the same mirror, in any order of copying', async () => {
    const base: Manifest = { ...manifest, images: [], kind: 'abstraction' };
    const rules = 'abi <abi/3.0>,\n\n/srv/needed/** r,\n';
    const needing: Manifest = { ...manifest, dependencies: { 'library/needed': '^1' } };
    const text = profileText('needs').replace(
      '\n}\n',
      '\n  include <abstractions/aa-registry/library/needed>\n}\n',
    );
    for (const draft of [
      { name: 'needed', version: '1.0.0', text: rules, manifest: base },
      { name: 'needs', version: '1.0.0', text, manifest: needing },
    ]) {
      await expectStatus(201, publish(registry, team, draft));
      // The log has grown when the second is copied.
      await mirror.copy({ registry, path: `library/${draft.name}`, tag: '1.0.0' });
    }
    const outcome = await pullFrom(at(':1.0.0', 'library/needs'));
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
    expect(outcome.output).toContain('Installed with it: needed 1.0.0');
  });

  test.each<[what: string, from: string, args: string[], message: string]>([
    ['no address', 'mirror.example/library/web', [], 'is not a mirror'],
    ['no team', 'oci://mirror.example/web', [], 'is not a mirror'],
    ['a short digest', 'oci://mirror.example/library/web@sha256:12', [], 'is not a mirror'],
    ['a path that leads up', 'oci://mirror.example/../library/web', [], 'is not a mirror'],
    ['a password', 'oci://a:b@mirror.example/library/web', [], 'is not a mirror'],
    ['another profile as well', 'oci://mirror.example/library/web', ['nginx'], 'no other REF'],
    ['a bundle as well', 'oci:folder', ['--bundle', 'x'], 'can’t be combined'],
  ])('refuses a location with %s', async (_, from, args, message) => {
    const outcome = await pullFrom(from, args);
    expect(outcome.output).toContain(message);
    expect(outcome.code).toBe(2);
  });

  test.each<[what: string, intercept: Intercept]>([
    [
      'more than it may',
      (_, response) => {
        response.writeHead(200);
        const send = () => {
          while (!response.destroyed && response.write(Buffer.alloc(1 << 20))) {}
        };
        response.on('drain', send);
        send();
        return true;
      },
    ],
    [
      'redirects without end',
      ({ url }, response) => {
        response.writeHead(307, { Location: `${url}x` });
        response.end();
        return true;
      },
    ],
    [
      'a redirect without TLS to another machine',
      (_, response) => {
        response.writeHead(307, { Location: 'http://mirror.example/' });
        response.end();
        return true;
      },
    ],
    [
      'a redirect to a file',
      (_, response) => {
        response.writeHead(307, { Location: 'file:///etc/passwd' });
        response.end();
        return true;
      },
    ],
    [
      'an error',
      (_, response) => {
        response.writeHead(500);
        response.end();
        return true;
      },
    ],
  ])('a mirror that sends %s counts as unreachable', async (_, intercept) => {
    mirror.intercept = intercept;
    const outcome = await pullFrom(at(':1.1.0'));
    expect(outcome.output).toContain(`The mirror at http://${mirror.host}`);
    expect(outcome.code).toBe(4);
  });
});
