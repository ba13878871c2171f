import { createHash } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aaRegistry } from '../cli/cli.ts';
import { type Fixture, filesOf, startFixture, succeed, textOf } from '../host/fixture.ts';
import { cliOnNode } from './kernel/software.ts';

const killAt = pathToFileURL(join(import.meta.dirname, 'kill-at.mjs')).href;

/** Runs a command that is killed before step `at`; with a code cache, which makes starting a quarter faster. */
const killedAt = (at: number, args: string[]) =>
  aaRegistry([cliOnNode.start, cliOnNode.folder, ...args], {
    program: process.execPath,
    env: { NODE_OPTIONS: `--import=${killAt}`, KILL_AT: String(at) },
  });

/** More than the steps of any change. */
const maxSteps = 60;

describe('a change that is killed before one of its steps', { timeout: 120_000 }, () => {
  let fixture: Fixture;
  let start: string;
  let copies = 0;

  beforeAll(async () => {
    fixture = await startFixture();
    for (const version of ['1.0.0', '1.1.0']) await fixture.publish('web', version);
    await fixture.publish('other', '1.0.0');
    start = await fixture.host();
  });
  afterAll(() => fixture.close());

  /** A host after `commands`. */
  async function hostWith(...commands: string[][]): Promise<string> {
    const root = `${start}-${++copies}`;
    await cp(start, root, { recursive: true, verbatimSymlinks: true });
    for (const args of commands) await succeed([...args, '--root', root]);
    return root;
  }

  /** The installed version of web. Fails if the host's files are inconsistent. */
  async function versionOf(root: string): Promise<string> {
    const files = await filesOf(root);
    const names = Object.keys(files);
    expect(names.filter((name) => /\.tmp$|\/pending\//.test(name))).toEqual([]);
    const file = files['etc/apparmor.d/aa-registry.library.web'];
    const link = 'etc/apparmor.d/force-complain/aa-registry.library.web' in files;
    const record = files['var/lib/aa-registry/installed/library.web.json'];
    const kept = names.filter((name) => name.includes('/kept/library.web/'));
    if (file === undefined || record === undefined) {
      expect({ file, link, record, kept }).toMatchObject({ link: false, kept: [] });
      expect(file).toBe(record);
      return 'none';
    }
    const { version, digest, complain, earlier } = JSON.parse(record);
    expect(createHash('sha256').update(file).digest('hex')).toBe(digest.slice(7));
    expect(link).toBe(complain);
    expect(kept).toHaveLength(1 + earlier.length);
    return `${version}${complain ? ' complaining' : ''}`;
  }

  const pulled = (version: string, ...more: string[]) => ['pull', `web@${version}`, ...more];

  test.each([
    ['a first installation', [], pulled('1.0.0'), 'none', '1.0.0'],
    ['one in complain mode', [], pulled('1.0.0', '--complain'), 'none', '1.0.0 complaining'],
    ['an update', [pulled('1.0.0')], pulled('1.1.0'), '1.0.0', '1.1.0'],
    [
      'a rollback',
      [pulled('1.0.0'), pulled('1.1.0')],
      ['rollback', 'web', '--offline'],
      '1.1.0',
      '1.0.0',
    ],
    ['complain', [pulled('1.0.0')], ['complain', 'web'], '1.0.0', '1.0.0 complaining'],
    ['enforce', [pulled('1.0.0', '--complain')], ['enforce', 'web'], '1.0.0 complaining', '1.0.0'],
    ['a removal', [pulled('1.0.0'), pulled('1.1.0')], ['remove', 'web'], '1.1.0', 'none'],
  ])('%s is completed or rolled back', async (_, before, change, old, next) => {
    const prepared = await hostWith(...before);
    const outcomes: string[] = [];
    for (let at = 1; at <= maxSteps; at++) {
      const root = `${prepared}-${at}`;
      await cp(prepared, root, { recursive: true, verbatimSymlinks: true });
      const run = await killedAt(at, [...change, '--root', root]);
      if (run.code === 0) break;
      expect(run.stderr).toContain(`killed before step ${at}:`);
      // Boot would load one complete version.
      const file = (await filesOf(root))['etc/apparmor.d/aa-registry.library.web'];
      expect([undefined, textOf('web', '1.0.0'), textOf('web', '1.1.0')]).toContain(file);
      // The next change of the host completes or rolls back.
      const cleared = await succeed(['pull', 'other', '--root', root]);
      outcomes.push(await versionOf(root));
      if (/interrupted/.test(cleared.output)) expect(outcomes.at(-1)).toBe(next);
    }
    // Early kills leave the old version and late ones the new, with one switch in between.
    expect(outcomes.length).toBeGreaterThan(5);
    expect(outcomes.length).toBeLessThan(maxSteps);
    expect(outcomes[0]).toBe(old);
    expect(outcomes.at(-1)).toBe(next);
    const turn = outcomes.indexOf(next);
    expect(outcomes).toEqual(outcomes.map((_, at) => (at < turn ? old : next)));
  });
});
