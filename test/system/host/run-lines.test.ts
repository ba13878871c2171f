import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { reportUse } from '../../../cli/profile-use.ts';
import type { Io } from '../../../cli/terminal/io.ts';
import type { VerifiedProfile } from '../../../sdk/resolve/index.ts';
import { exportPrivateKey, type Manifest, parseStatement, sign } from '../../../trust/index.ts';
import { runTargets } from '../../../trust/run/index.ts';
import { command } from '../../command.ts';
import { type Fixture, startFixture, succeed } from '../../host/fixture.ts';
import { manifest, publish } from '../../publisher.ts';

const profiles = join(import.meta.dirname, '../../../profiles');
const options =
  '--security-opt apparmor=nginx-hardened --entrypoint nginx --publish 80:80 --read-only --tmpfs /run --tmpfs /var/cache/nginx ' +
  '--cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add KILL --cap-add NET_BIND_SERVICE --cap-add SETGID --cap-add SETUID';

describe('how to run containers', () => {
  let fixture: Fixture;
  let folder: string;
  let root: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    fixture = await startFixture();
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    const { key, token } = fixture.team;
    env = {
      ...{ AA_REGISTRY: fixture.registry.url, AA_TOKEN: token },
      AA_SIGNING_KEY: await exportPrivateKey(key.privateKey),
    };
    root = await fixture.host();
    const hardened = join(profiles, 'nginx-hardened');
    const published = await command(['publish', hardened, '--version', '1.0.0'], env);
    expect(published, published.output).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await fixture.close();
    await rm(folder, { recursive: true });
  });

  const runArgs = (...more: string[]) =>
    command(['run-args', 'nginx-hardened', '--root', root, ...more]);

  test('is shown when the package is pulled', async () => {
    const { stdout } = await succeed(['pull', 'nginx-hardened', '--root', root]);
    const [line = '', ...kubernetes] = stdout.slice(stdout.indexOf('docker run')).split('\n');
    expect(line).toBe(`docker run ${options} nginx -g 'daemon off;'`);
    expect(parseYaml(kubernetes.join('\n'))).toMatchObject({
      securityContext: {
        appArmorProfile: { localhostProfile: 'nginx-hardened' },
        readOnlyRootFilesystem: true,
      },
      command: ['nginx', '-g', 'daemon off;'],
    });
  });

  test('is printed for each target, by default for docker', async () => {
    const usual = await runArgs();
    expect(usual.stdout).toBe(`${options}\n`);
    expect(usual.stderr).toContain("after the image, add: -g 'daemon off;'");
    for (const target of runTargets.filter((one) => one !== 'daemon.json')) {
      const { code, stdout } = await runArgs('--for', target);
      expect(code).toBe(0);
      expect(stdout).toContain('nginx-hardened');
      // The earlier name of the option.
      expect((await runArgs('--runtime', target)).stdout).toBe(stdout);
    }
    const other = await runArgs('--for', 'rkt');
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toContain('quadlet');
    expect((await command(['run-args', '--help'])).stdout).toContain('containers.conf');
  });

  test('makes Docker Engine load its default profile from the package that defines it', async () => {
    const published = ['publish', join(profiles, 'docker-default'), '--version', '1.0.0'];
    expect(await command(published, env)).toMatchObject({ code: 0 });
    await succeed(['pull', 'docker-default', '--root', root]);
    const file = '/etc/apparmor.d/aa-registry.library.docker-default';
    const args = ['run-args', 'docker-default', '--root', root, '--for', 'daemon.json'];
    const { stdout } = await succeed(args);
    expect(JSON.parse(stdout)).toEqual({ 'apparmor-profile': file });
    // The engine reads it as a Go template, in which this would begin an action.
    expect(await readFile(join(root, file), 'utf8')).not.toContain('{{');
    const page = await (await fixture.registry.fetch('/p/library/docker-default')).text();
    expect(page).toContain(file);
    const other = await runArgs('--for', 'daemon.json');
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toContain('always docker-default');
  });

  test('is on the page of the package', async () => {
    const page = await (await fixture.registry.fetch('/p/library/nginx-hardened')).text();
    expect(page).toContain(`docker run ${options} nginx -g &#39;daemon off;&#39;`);
    expect(page).toContain(`podman run ${options} nginx`);
    for (const part of ['[Container]', 'readOnlyRootFilesystem: true', 'cap_drop:', '[containers]'])
      expect(page).toContain(part);
  });

  test.each<[run: string, message: RegExp]>([
    ['privileged = true', /run\.privileged: .*\[run-weakens\]/],
    ['mounts = [{ type = "bind", path = "/x" }]', /run\.mounts\.0\.type: .*\[run-weakens\]/],
    ['colour = "red"', /run\.colour: .*\[run-invalid\]/],
    ['ports = [{ host = 80 }]', /run\.ports\.0\.container: is missing/],
    ['user = "root"', /run\.user: must be numbers/],
  ])('a package with %s is refused before anything is sent', async (run, message) => {
    const package_ = join(folder, 'bad');
    await rm(package_, { recursive: true, force: true });
    await cp(join(profiles, 'docker-nginx'), package_, { recursive: true });
    const file = join(package_, 'aa-profile.toml');
    const text = (await readFile(file, 'utf8')).replace(/^run = .*$/m, `[run]\n${run}\n`);
    expect(parse(text)).toHaveProperty('run');
    await writeFile(file, text);
    for (const args of [
      ['lint', package_],
      ['publish', package_, '--version', '9.0.0'],
    ]) {
      const refused = await command(args, env);
      expect(refused.code).toBe(1);
      expect(refused.output.replace(/\s+/g, ' ')).toMatch(message);
    }
  });

  const hostile: [run: object, id: string][] = [
    [{ privileged: true }, 'run-weakens'],
    [{ 'security-opt': ['apparmor=unconfined'] }, 'run-weakens'],
    [{ ports: [{ container: 80 }], pid: 'host' }, 'run-weakens'],
    [
      { mounts: [{ type: 'volume', volume: '/var/run/docker.sock', path: '/sock' }] },
      'run-weakens',
    ],
    [{ field_of_a_later_release: true }, 'run-invalid'],
  ];

  test.each(hostile)('a registry refuses %j', async (run, id) => {
    const its = { ...manifest, run } as Manifest;
    const response = await publish(fixture.registry, fixture.team, {
      ...{ name: 'hostile', version: '1.0.0', manifest: its },
    });
    expect(response.status).toBe(422);
    const { diagnostics } = (await response.json()) as { diagnostics: object[] };
    expect(diagnostics).toContainEqual(expect.objectContaining({ id, severity: 'error' }));
  });

  test.each(hostile)(
    'a host prints nothing of %j, whatever a registry accepted',
    async (run, id) => {
      await succeed(['pull', 'nginx-hardened', '--root', root]);
      const kept = join(root, 'var/lib/aa-registry/kept/library.nginx-hardened/1.0.0.bundle');
      const before = await readFile(kept, 'utf8');
      const bundle = JSON.parse(before);
      const { envelope } = bundle.offers[0];
      const statement = parseStatement(Buffer.from(envelope.payload, 'base64'));
      if (!statement) throw new Error('the stored version has no statement');
      Object.assign(statement.predicate.manifest, { run });
      const payload = new TextEncoder().encode(JSON.stringify(statement));
      bundle.offers[0].envelope = await sign(envelope.payloadType, payload, [fixture.team.key]);
      await writeFile(kept, JSON.stringify(bundle));
      for (const target of runTargets) {
        const refused = await runArgs('--for', target);
        expect(refused).toMatchObject({ code: 3, stdout: '' });
        expect(refused.stderr).toContain(`aa-registry explain ${id}`);
      }
      expect((await command(['explain', id])).code).toBe(0);
      await writeFile(kept, before);
    },
  );

  test.each(hostile)('pull shows nothing of %j', (run, id) => {
    const printed: string[] = [];
    const notes: string[] = [];
    const io = {
      print: (one: string) => printed.push(one),
      note: (one: string) => notes.push(one),
    };
    const profile = { team: 'library', name: 'web', manifest: { ...manifest, run } };
    reportUse(io as unknown as Io, profile as VerifiedProfile, true);
    expect(printed).toEqual([]);
    expect(notes.at(-1)).toMatch(
      new RegExp(`^Warning: how to run web is not shown: run\\..*\\[${id}\\]`),
    );
  });

  test('a package for the host says nothing of containers', async () => {
    const package_ = join(folder, 'backupd');
    await mkdir(package_);
    await writeFile(join(package_, 'backupd'), 'abi <abi/3.0>,\nprofile backupd {\n  /x r,\n}\n');
    const fields =
      'name = "backupd"\ndescription = "x"\nabi = "3.0"\nlicense = "MIT"\nkind = "host"';
    await writeFile(join(package_, 'aa-profile.toml'), `${fields}\n[run]\nreadonly = true\n`);
    const refused = await command(['lint', package_], env);
    expect(refused.output).toContain('is for containers');
  });
});
