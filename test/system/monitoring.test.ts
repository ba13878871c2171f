import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statusMetrics } from '../../cli/status-metrics.ts';
import { createMetrics } from '../../worker/observability/metrics.ts';
import type { RequestRecord } from '../../worker/ports.ts';
import { command } from '../command.ts';
import { type Fixture, startFixture, succeed } from '../host/fixture.ts';
import { publish } from '../publisher.ts';

const folder = join(import.meta.dirname, '../../packaging/monitoring');

function promtool(args: string[], input?: string): string {
  const options = { cwd: folder, encoding: 'utf8', ...(input !== undefined && { input }) } as const;
  const { status, stdout, stderr, error } = spawnSync('promtool', args, options);
  expect({ status, output: `${stdout}${stderr}`, error }).toMatchObject({ status: 0 });
  return stdout;
}

describe('packaging/monitoring', () => {
  test('the alerts are valid, and are raised for what they are for', () => {
    promtool(['check', 'rules', 'alerts.yml']);
    promtool(['test', 'rules', 'alerts-test.yml']);
  });

  test('alerts and dashboard use only metrics that exist', async () => {
    const metrics = createMetrics({ logSize: async () => 1 });
    const request = { method: 'GET', route: '/', status: 200, milliseconds: 1 };
    metrics.observe(request as RequestRecord);
    const service = await metrics.expose();
    const hosts = await statusOfHost();
    const known = [...`${service}\n${hosts}`.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(
      ([, name = '', type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    );
    const texts = await Promise.all(
      ['alerts.yml', 'dashboard.json'].map((file) => readFile(join(folder, file), 'utf8')),
    );
    const used = texts.join('\n').match(/\b(?:aa_registry|http_request)_\w+/g) ?? [];
    expect(used.length).toBeGreaterThan(20);
    // Only hosts with a kernel have these.
    const ofKernels = ['apparmor_enabled', 'profile_loaded', 'profile_processes'];
    expect([...known, ...ofKernels.map((one) => `aa_registry_host_${one}`)]).toEqual(
      expect.arrayContaining([...new Set(used)]),
    );
  });

  test('each query of the dashboard is valid', async () => {
    const { panels } = JSON.parse(await readFile(join(folder, 'dashboard.json'), 'utf8'));
    const queries: string[] = panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
      targets.map(({ expr }) => expr),
    );
    const rules = queries.map((expr, at) => ({ record: `query:${at}`, expr }));
    const scratch = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    try {
      const file = join(scratch, 'rules.yml');
      // JSON is YAML.
      await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      promtool(['check', 'rules', file]);
    } finally {
      await rm(scratch, { recursive: true });
    }
  });

  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.close());

  async function statusOfHost(): Promise<string> {
    const root = await fixture.host();
    await publish(fixture.registry, fixture.team, { name: 'web', version: '1.0.0' });
    await succeed(['pull', 'web', '--root', root]);
    const outcome = await command(['status', '--root', root, '--format', 'prometheus']);
    expect(outcome, outcome.output).toMatchObject({ code: 0, stderr: '' });
    return outcome.stdout;
  }

  test('the metrics of a host are in Prometheus’ format', async () => {
    const text = await statusOfHost();
    promtool(['check', 'metrics'], text);
    expect(text).toContain(
      'aa_registry_host_profile_info{team="library",name="web",version="1.0.0",mode=""} 1\n',
    );
    expect(text).toContain('aa_registry_host_profile_unchanged{team="library",name="web"} 1\n');
    expect(text).toContain('aa_registry_host_profile_trusted{team="library",name="web"} 1\n');
    expect(text).not.toContain('profile_loaded');
  });

  test('a label can’t end its quotes', () => {
    const installation = { team: 'a"\n} 1', name: 'b\\', version: '1.0.0' };
    const one = {
      installation,
      drift: { file: 'ok', boot: 'ok', kernel: 'ok' },
      processes: [],
      mode: 'enforce',
    };
    const found = { installed: [one], unconfined: [], pending: [], damaged: [], untrusted: [] };
    const text = statusMetrics(found as never, new Date(0));
    expect(text).toContain('{team="a\\"\\n} 1",name="b\\\\",version="1.0.0",mode="enforce"} 1\n');
    promtool(['check', 'metrics'], text);
  });
});
