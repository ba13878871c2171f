// `updates` in profiles.toml: sequences of versions.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command } from '../command.ts';
import '../property-seed.ts';
import { runs } from '../property-runs.ts';
import { type Fixture, startFixture } from './fixture.ts';
import { publishText, type Text, textOf, writeBase } from './update-texts.ts';

/** A rule about one of a few paths, and how it is written. */
interface Spelt {
  path: number;
  permission: 'r' | 'w';
  isDenied: boolean;
  inChild: boolean;
  spelling: 'plain' | 'class' | 'variable' | 'include' | 'slashes';
}

const spelt = fc.record<Spelt>({
  path: fc.integer({ min: 0, max: 2 }),
  permission: fc.constantFrom('r', 'w'),
  isDenied: fc.boolean(),
  inChild: fc.boolean(),
  spelling: fc.constantFrom('plain', 'class', 'variable', 'include', 'slashes'),
});

function spell({ path, permission, isDenied, spelling }: Spelt): string {
  const effect = isDenied ? 'deny ' : '';
  switch (spelling) {
    case 'plain':
      return `${effect}/p/${path} ${permission},`;
    case 'class':
      return `${effect}/p/[${path}] ${permission},`;
    case 'variable':
      return `${effect}@{P${path}} ${permission},`;
    case 'include':
      return `include <abstractions/${effect.trim()}${path}${permission}>`;
    case 'slashes':
      return `${effect}/p//${path} ${permission},`;
  }
}

/** A policy with these rules, and what it grants: what is allowed and not denied. */
function spellAll(all: readonly Spelt[]): { text: Text; grants: Set<string> } {
  const of = (child: boolean) => all.filter(({ inChild }) => inChild === child);
  const granted = (child: boolean) => {
    const keys = (denied: boolean) =>
      of(child).flatMap((one) =>
        one.isDenied === denied ? [`${child} ${one.path} ${one.permission}`] : [],
      );
    const denied = keys(true);
    return keys(false).filter((key) => !denied.includes(key));
  };
  const preamble = [0, 1, 2].map((path) => `@{P${path}}=/p/${path}`).join('\n');
  const child = ['profile child {', '/usr/bin/child mr,', ...of(true).map(spell), '}'];
  return {
    text: { preamble, rules: ['/usr/bin/child Cx -> child,', ...child, ...of(false).map(spell)] },
    grants: new Set([...granted(false), ...granted(true)]),
  };
}

function isWithin(inner: ReadonlySet<string>, outer: ReadonlySet<string>): boolean {
  return [...inner].every((one) => outer.has(one));
}

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());

test('no sequence of syncs grants more than the first version, and what grants no more is installed', async () => {
  const root = await fixture.host();
  await writeBase(root);
  for (const path of [0, 1, 2]) {
    for (const permission of ['r', 'w']) {
      for (const effect of ['', 'deny']) {
        const file = join(root, 'etc/apparmor.d/abstractions', `${effect}${path}${permission}`);
        await writeFile(file, `${effect} /p/${path} ${permission},\n`);
      }
    }
  }
  let names = 0;
  const versions = fc.array(fc.array(spelt, { maxLength: 5 }), { minLength: 3, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(spelt, { minLength: 8, maxLength: 14 }),
      versions,
      fc.constantFrom('narrowing', 'same'),
      async (first, later, rule) => {
        const name = `web-${++names}`;
        const list = `profiles = [{ reference = "${name}", updates = "${rule}" }]\n`;
        await writeFile(join(root, 'etc/aa-registry/profiles.toml'), list);
        let current: ReturnType<typeof spellAll> | undefined;
        for (const [at, rules] of [first, ...later].entries()) {
          const next = spellAll(rules);
          await publishText(fixture, name, `1.${at}.0`, next.text);
          const { code, output } = await command(['sync', '--root', root]);
          const before: Set<string> = current?.grants ?? next.grants;
          const isIn =
            rule === 'same'
              ? isWithin(next.grants, before) && isWithin(before, next.grants)
              : isWithin(next.grants, before);
          expect(code, `${textOf(name, next.text)}\n${output}`).toBe(isIn ? 0 : 9);
          if (isIn) current = next;
          const file = join(root, 'etc/apparmor.d', `aa-registry.library.${name}`);
          expect(await readFile(file, 'utf8')).toBe(textOf(name, current?.text ?? {}));
        }
      },
    ),
    { numRuns: runs(1) },
  );
}, 120_000);
