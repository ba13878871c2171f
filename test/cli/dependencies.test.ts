import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exportPrivateKey } from '../../trust/index.ts';
import { command } from '../command.ts';
import { type Fixture, startFixture } from '../host/fixture.ts';
import { scratch } from './cli.ts';

const manifest = (name: string, ...more: string[]) =>
  [
    `name = "${name}"`,
    'description = "A test of dependencies"',
    'abi = "3.0"',
    'license = "Apache-2.0"',
    ...more,
    '',
  ].join('\n');
const rules = (...lines: string[]) => ['abi <abi/3.0>,', '', ...lines, ''].join('\n');
const including = 'include <abstractions/aa-registry/library/base>';
const profile = (name: string, ...lines: string[]) =>
  rules(
    `profile ${name} flags=(attach_disconnected) {`,
    ...lines.map((line) => `  ${line}`),
    '  /srv/** r,',
    `  /usr/bin/${name} ix,`,
    '}',
  );

describe('packages with dependencies on the command line', () => {
  let fixture: Fixture;
  let folder: string;
  let clean: () => Promise<void>;
  let env: Record<string, string>;

  beforeAll(async () => {
    fixture = await startFixture();
    ({ path: folder, clean } = await scratch());
    const { key, token } = fixture.team;
    const signing = { AA_SIGNING_KEY: await exportPrivateKey(key.privateKey) };
    env = { AA_REGISTRY: fixture.registry.url, AA_TOKEN: token, ...signing };
  });
  afterAll(async () => {
    await fixture.close();
    await clean();
  });

  let base: string;
  let web: string;
  beforeEach(async () => {
    base = await write('base', manifest('base', 'kind = "abstraction"'), rules('/etc/base r,'));
    const needs = 'dependencies = { "library/base" = "^1" }';
    web = await write('web', manifest('web', needs), profile('web', including));
  });

  async function write(name: string, text: string, policy: string): Promise<string> {
    const dir = join(folder, name);
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'aa-profile.toml'), text);
    await writeFile(join(dir, name), policy);
    return dir;
  }
  const run = (...args: string[]) => command(args, env);
  const publish = (dir: string, version: string, ...more: string[]) =>
    run('publish', dir, '--version', version, ...more);

  test('lint accepts them, without the abstraction on this machine', async () => {
    for (const dir of [base, web]) {
      const linted = await run('lint', dir);
      expect(linted, linted.output).toMatchObject({ code: 0 });
    }
  });

  test.each<[more: string, message: string]>([
    ['dependencies = { base = "^1" }', 'must name each package with its team'],
    ['dependencies = { "library/base" = "x.y" }', 'must be a version or a range'],
    ['dependencies = {}', 'must list 1 to 16 packages'],
    ['dependencies = { "library/web" = "*" }', 'depend on itself'],
    ['kind = "abstraction"\nprofiles = ["x"]', 'must be absent with kind = "abstraction"'],
    ['kind = "abstraction"\nimages = ["nginx"]', 'must be absent with kind = "abstraction"'],
  ])('the manifest with %s is refused', async (more, message) => {
    const dir = await write('web', manifest('web', more), profile('web'));
    const linted = await run('lint', dir);
    expect(linted.code).not.toBe(0);
    expect(linted.output).toContain(message);
  });

  test('publish shows what a new abstraction permits in the packages that need it', async () => {
    const missing = await publish(web, '1.0.0', '--dry-run');
    expect(missing.code).toBe(1);
    expect(missing.output).toContain('library/web needs library/base');
    expect(missing.output).toContain('dependency-unknown');
    for (const dir of [base, web]) {
      const published = await publish(dir, '1.0.0');
      expect(published, published.output).toMatchObject({ code: 0 });
    }
    await writeFile(join(base, 'base'), rules('/etc/base rw,'));
    const planned = await publish(base, '1.1.0', '--dry-run');
    expect(planned, planned.output).toMatchObject({ code: 0 });
    expect(planned.output).toContain('What library/web 1.0.0, which depends on it, may permit');
    expect(planned.output).toContain('/etc/base');
    const data = JSON.parse((await publish(base, '1.1.0', '--format', 'json')).stdout);
    expect(data.dependents).toMatchObject({ items: [{ name: 'web', omitted: 0 }], more: 0 });
    expect(data.dependents.items[0].differences).toHaveLength(1);
    await writeFile(join(base, 'base'), rules('/etc/base r,'));
    const narrower = await publish(base, '1.2.0', '--dry-run');
    expect(narrower.output).toContain('library/web 1.0.0, which depends on it, permits no more.');
    // Nothing that depends on it accepts a new major version.
    expect((await publish(base, '2.0.0', '--dry-run')).output).not.toContain('depends on it');
  });

  test('a registry of an earlier release is said to need an update', async () => {
    const server = createServer((request, response) => {
      const isPut = request.method === 'PUT';
      const id = isPut ? 'envelope-refused' : 'not-found';
      response.writeHead(isPut ? 422 : 404, { 'Content-Type': 'application/problem+json' });
      const type = `urn:aa-registry:problem:${id}`;
      const detail = 'statement-malformed: the signed payload is not a statement about a profile.';
      const body = JSON.stringify({ type, title: id, status: isPut ? 422 : 404, detail });
      request.resume().on('end', () => response.end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const old = { ...env, AA_REGISTRY: `http://127.0.0.1:${port}` };
    for (const dir of [base, web]) {
      const refused = await command(['publish', dir, '--version', '1.0.0'], old);
      expect(refused.code).toBe(1);
      expect(refused.output).toContain('statement-malformed');
      expect(refused.output).toContain('its operator has to update it');
    }
    await new Promise((resolve) => server.close(resolve));
  });
});
