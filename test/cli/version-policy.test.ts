// The version policy of a team, as its owners and publishers use it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRegistry } from '../../worker/node.ts';
import { command } from '../command.ts';
import { scratch } from './cli.ts';

const manifest =
  'name = "web"\nteam = "acme"\ndescription = "Confines a test"\nabi = "3.0"\nlicense = "Apache-2.0"\n';
const profile = (rules: string) =>
  `abi <abi/3.0>,\ninclude <tunables/global>\nprofile web {\n  include <abstractions/base>\n${rules}}\n`;

describe('the version policy', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let env: NodeJS.ProcessEnv;
  const at = (...parts: string[]) => join(folder, ...parts);
  const run = (...args: string[]) => command(args, env);
  const done = async (...args: string[]) => {
    const outcome = await run(...args);
    expect(outcome.code, `${args.join(' ')}: ${outcome.output}`).toBe(0);
    return outcome;
  };
  const writeAll = async (name: string, files: Record<string, string>) => {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(join(at(name), file, '..'), { recursive: true });
      await writeFile(at(name, file), text);
    }
    return at(name);
  };
  const made = (name: string, rules: string) =>
    writeAll(name, { 'aa-profile.toml': manifest, web: profile(rules) });

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    registry = await startRegistry({ data: at('data'), host: '127.0.0.1', port: 0 });
    env = {
      AA_REGISTRY: registry.url,
      AA_TOKEN: registry.adminToken,
      AA_CONFIG: at('none'),
      AA_KEY_PASSPHRASE: '',
      XDG_CONFIG_HOME: at('config'),
      XDG_STATE_HOME: at('state'),
      XDG_CACHE_HOME: at('cache'),
    };
    await done('team', 'create', 'acme');
    await done('key', 'generate');
    await done('key', 'add', 'acme', at('config/aa-registry/signing-key.pem.pub'));
    await done('publish', await made('first', '  /srv/a r,\n'), '--version', '1.2.3');
  });
  afterAll(async () => {
    await registry.close();
    await clean();
  });

  test('is shown and set', async () => {
    const shown = await done('team', 'version-policy', 'acme');
    expect(shown.stdout).toBe('The version policy of team acme is none.\n');
    await done('team', 'version-policy', 'acme', 'semver');
    const json = await done('team', 'version-policy', 'acme', '--format', 'json');
    expect(JSON.parse(json.stdout)).toEqual({ team: 'acme', versionPolicy: 'semver' });
    const wrong = await run('team', 'version-policy', 'acme', 'strict');
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.output).toContain('none or semver');
    const reader = { ...env, AA_TOKEN: 'aar_none' };
    expect(await command(['team', 'version-policy', 'acme', 'none'], reader)).toMatchObject({
      code: 1,
    });
  });

  test.each([
    ['a dry run', ['--dry-run'], 'Nothing would be published:'],
    ['publish', [], 'The registry refused:'],
  ])('%s says what a refused version permits beyond, and what to do', async (_, more, start) => {
    const wider = await made('wider', '  /srv/a r,\n  capability sys_time,\n');
    const { code, output } = await run('publish', wider, '--version', '1.2.4', ...more);
    expect(code).toBe(1);
    expect(output).toContain(
      'What it may permit beyond 1.2.3, if its includes are empty:\n  capability: + sys_time\n',
    );
    expect(output.replaceAll(/\s+/g, ' ')).toContain(
      `${start} acme/web@1.2.4 may permit more than 1.2.3, which it follows, and the version policy of team acme is semver. Publish it as a new major version, sign a reason with "publish --widens REASON", or let it permit no more.`,
    );
    const json = await run('publish', wider, '--version', '1.2.4', '--format', 'json', ...more);
    expect(JSON.parse(json.stdout).error).toMatchObject({
      ...{ id: 'version-widens', exitCode: 1 },
      widening: { version: '1.2.3', base: null, differences: ['capability: + sys_time'] },
    });
    for (const rest of [
      ['--version', '2.0.0'],
      ['--version', '1.2.4', '--widens', 'sets the clock'],
    ])
      await done('publish', wider, ...rest, '--dry-run');
  });

  test('a dry run uses the base policies of the registry', async () => {
    const files = { 'abi/3.0': '', 'tunables/global': '', 'abstractions/base': '' };
    const clock = { 'abstractions/clock': '  capability sys_time,\n' };
    await done(
      ...['admin', 'base', 'import', '--release', '4.1', '--registry', registry.url],
      await writeAll('base', { ...files, ...clock }),
    );
    const wider = await made('hidden', '  /srv/a r,\n  include <abstractions/clock>\n');
    for (const more of [['--dry-run'], []]) {
      const { code, output } = await run('publish', wider, '--version', '1.2.4', ...more);
      expect(code, output).toBe(1);
      expect(output).toContain(
        'beyond 1.2.3, with the base policy of AppArmor 4.1:\n  capability: + sys_time\n',
      );
    }
    const same = await made('same', '  /srv/a r,\n  # as before\n');
    await done('publish', same, '--version', '1.2.4', '--dry-run');
    await done('publish', same, '--version', '1.2.4');
    const reason = ['--widens', 'sets the clock'];
    await done('publish', wider, '--version', '1.2.5', ...reason);
    expect((await done('show', 'acme/web@1.2.5')).output).toMatch(/Permits more +sets the clock/);
  });
});
