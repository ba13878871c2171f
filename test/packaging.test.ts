import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { topics } from '../cli/commands.ts';
import { readProfiles } from '../sdk/profiles-file.ts';

const packaging = join(import.meta.dirname, '../packaging');
const units = [
  'systemd/aa-registry-sync.service',
  'systemd/aa-registry-sync.timer',
  'monitoring/aa-registry-metrics.service',
  'monitoring/aa-registry-metrics.timer',
];

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const reason = analyze ? '' : ' (skipped: systemd-analyze is not installed)';

/** Checks that a command line uses only existing options. */
async function expectValidOptions(words: readonly string[]): Promise<void> {
  const [name = '', ...rest] = words;
  const command = await topics.find(({ commands }) => name in commands)?.commands[name]?.();
  expect(command, words.join(' ')).toBeDefined();
  for (const word of rest) {
    expect(Object.keys(command?.options ?? {}).map((one) => `--${one}`)).toContain(word);
  }
}

describe('systemd units', () => {
  test.skipIf(!analyze)(`are valid for systemd${reason}`, async () => {
    const root = await mkdtemp(join(tmpdir(), 'units-'));
    try {
      await mkdir(join(root, 'usr/bin'), { recursive: true });
      await writeFile(join(root, 'usr/bin/aa-registry'), '#!/bin/sh\n', { mode: 0o755 });
      const paths = [];
      for (const unit of units) {
        const text = await readFile(join(packaging, unit), 'utf8');
        // systemd-analyze checks that the program exists.
        const path = join(root, basename(unit));
        paths.push(path);
        await writeFile(path, text.replaceAll('/usr/bin/', join(root, 'usr/bin/')));
      }
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], {
        encoding: 'utf8',
      });
      const own = stderr.split('\n').filter((line) => line.includes('aa-registry'));
      expect({ status, own }).toEqual({ status: 0, own: [] });
      for (const path of paths.filter((one) => one.endsWith('.service'))) {
        const args = ['security', '--offline=true', '--threshold=50', path];
        expect(execFileSync('systemd-analyze', args, { encoding: 'utf8' })).toContain('OK');
      }
    } finally {
      await rm(root, { recursive: true });
    }
  });

  test('the service runs an existing command', async () => {
    const text = await readFile(join(packaging, 'systemd/aa-registry-sync.service'), 'utf8');
    const [, line = ''] = /^ExecStart=\/usr\/bin\/aa-registry (.*)$/m.exec(text) ?? [];
    await expectValidOptions(line.split(' '));
  });
});

/** The fields of Kubernetes objects that the test uses. */
interface Manifest {
  kind: string;
  metadata: { name: string };
  data: { 'profiles.toml': string };
  spec: {
    selector: { matchLabels: object };
    template: {
      metadata: { labels: object };
      spec: {
        containers: [Container];
        volumes: [{ name: string; configMap: { name: string } }];
      };
    };
  };
}

interface Container {
  image: string;
  args: [string];
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  securityContext: { privileged?: boolean };
  readinessProbe: { exec: { command: string[] } };
}

describe('the DaemonSet', async () => {
  const text = await readFile(join(packaging, 'kubernetes/daemonset.yaml'), 'utf8');
  const documents = parseAllDocuments(text);
  const find = (kind: string): Manifest => {
    const found = documents.map((one): Manifest => one.toJS()).find((one) => one.kind === kind);
    if (!found) throw new Error(`there is no ${kind}`);
    return found;
  };

  test('is well-formed YAML', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(documents.map((one) => one.toJS().kind)).toEqual([
      'Namespace',
      'ConfigMap',
      'DaemonSet',
    ]);
  });

  test('selects its own Pods and mounts only defined volumes', () => {
    const { spec } = find('DaemonSet');
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    const volumes = spec.template.spec.volumes.map(({ name }) => name).sort();
    for (const { volumeMounts } of spec.template.spec.containers) {
      expect(volumeMounts.map(({ name }) => name).sort()).toEqual(volumes);
    }
    const configMap = find('ConfigMap');
    expect(spec.template.spec.volumes[0].configMap.name).toBe(configMap.metadata.name);
  });

  test('runs the image of its Dockerfile, not the registry’s', async () => {
    const [{ image }] = find('DaemonSet').spec.template.spec.containers;
    const { version } = JSON.parse(await readFile(join(packaging, '../package.json'), 'utf8'));
    expect(image).toBe(`aa-registry-host:${version}`);
    const dockerfile = await readFile(join(packaging, 'kubernetes/Dockerfile'), 'utf8');
    expect(dockerfile).toContain(`build -t ${image} -f packaging/kubernetes/Dockerfile`);
  });

  test('mounts the written folders and has the capabilities for loading', () => {
    const [container] = find('DaemonSet').spec.template.spec.containers;
    const writable = container.volumeMounts
      .filter(({ readOnly }) => !readOnly)
      .map(({ mountPath }) => mountPath);
    for (const place of ['/etc/apparmor.d', '/var/lib/aa-registry', '/sys/kernel/security']) {
      expect(writable).toContain(place);
    }
    expect(container.securityContext).toMatchObject({
      capabilities: { drop: ['ALL'], add: expect.arrayContaining(['MAC_ADMIN']) },
      appArmorProfile: { type: 'Unconfined' },
      readOnlyRootFilesystem: true,
    });
    expect(container.securityContext.privileged).toBeUndefined();
  });

  test('runs existing commands in a valid shell script', async () => {
    const [container] = find('DaemonSet').spec.template.spec.containers;
    const [script] = container.args;
    execFileSync('sh', ['-n'], { input: script });
    for (const [, line = ''] of script.matchAll(/aa-registry ((?:\w|--?\w| )+)/g)) {
      await expectValidOptions(line.trim().split(/ +/));
    }
    const [, ...probe] = container.readinessProbe.exec.command;
    await expectValidOptions(probe);
  });

  test('has a valid profiles.toml', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'profiles-'));
    const path = join(folder, 'profiles.toml');
    await writeFile(path, find('ConfigMap').data['profiles.toml']);
    expect(await readProfiles(path)).toHaveLength(1);
    await rm(folder, { recursive: true });
  });
});
