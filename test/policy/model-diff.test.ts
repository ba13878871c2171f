// The diff reports "the same policy" exactly if the tables that apparmor_parser compiles agree on every string; each difference has
// an example on which the tables differ.
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check, compareModels, model } from '../../policy/index.ts';
import { type CompiledAutomaton, type CompiledProfile, compilePolicy } from './compiled-policy.ts';
import { generatedPolicy } from './generated-policy.ts';
import { generatedRules } from './generated-rules.ts';

const compare = (a: string, b: string) =>
  compareModels(model(a, { target: '3.0' }), model(b, { target: '3.0' }));
const profile = (body: string) => `profile p {\n${body}\n}\n`;

/** Whether two automata allow and log the same for every string that the kernel can look up. */
function automataAgree(
  left: CompiledAutomaton | undefined,
  right: CompiledAutomaton | undefined,
): boolean {
  const seen = new Set<string>();
  let level: [number, number, boolean][] = [[left?.start ?? 0, right?.start ?? 0, false]];
  for (let depth = 0; level.length > 0; depth++) {
    const next: typeof level = [];
    for (const [one, two, pair] of level) {
      if (depth > 0 && decisionsOf(left, one, pair) !== decisionsOf(right, two, pair)) return false;
      for (let byte = 0; byte < 256; byte++) {
        const to: [number, number, boolean] = [
          left?.step(one, byte) ?? 0,
          right?.step(two, byte) ?? 0,
          pair || byte === 0,
        ];
        const key = to.join();
        if (seen.has(key)) continue;
        seen.add(key);
        next.push(to);
      }
    }
    level = next;
  }
  return true;
}

/** The decisions of a state: the allowed permissions, those of them that are logged, and those denied without logging. */
function decisionsOf(
  automaton: CompiledAutomaton | undefined,
  state: number,
  pair: boolean,
): string {
  const allow = automaton?.allow(state) ?? 0;
  const audit = (automaton?.audit(state) ?? 0) & allow;
  const quiet = (automaton?.quiet(state) ?? 0) & ~allow;
  if (!pair) {
    // The number of a transition is that of its name in the profile's own list.
    const exec = [true, false].map((owner) => automaton?.exec(state, owner) ?? '');
    const transitions = 0x3f80 | (0x3f80 << 14);
    return [allow & ~transitions, audit & ~transitions, quiet & ~transitions, ...exec].join(' ');
  }
  const links = [0, 14].flatMap((shift) => {
    const mask = (allow >>> shift) & 0x10;
    const subset = mask ? (allow >>> shift) & 0x20 : 0;
    return [mask, subset, (audit >>> shift) & 0x10, (quiet >>> shift) & 0x10];
  });
  return [...links, allow & 0xc0000000].join(' ');
}

function policiesAgree(left: CompiledProfile, right: CompiledProfile): boolean {
  const capabilities = ({ capabilities: { allow, audit, quiet } }: CompiledProfile) =>
    [allow, audit, quiet].join();
  const limits = ({ rlimits }: CompiledProfile) => [...rlimits].join();
  return (
    automataAgree(left.files, right.files) &&
    automataPolicyAgree(left.policy, right.policy) &&
    capabilities(left) === capabilities(right) &&
    limits(left) === limits(right)
  );
}

/** For other classes, permissions do not depend on the owner, and strings with a NUL count. */
function automataPolicyAgree(
  left: CompiledAutomaton | undefined,
  right: CompiledAutomaton | undefined,
): boolean {
  const plain = (automaton: CompiledAutomaton | undefined) =>
    automaton && { ...automaton, exec: () => '' };
  const seen = new Set<string>();
  const [one, two] = [plain(left), plain(right)];
  let level: [number, number][] = [[one?.start ?? 0, two?.start ?? 0]];
  const words = (automaton: CompiledAutomaton | undefined, state: number) => {
    // If nothing is granted, the logging bits of mount rules have no effect.
    const allow = (automaton?.allow(state) ?? 0) & ~0x08000000;
    const audit = (automaton?.audit(state) ?? 0) & allow;
    return [allow, audit, (automaton?.quiet(state) ?? 0) & ~allow].join(' ');
  };
  for (let depth = 0; level.length > 0; depth++) {
    const next: typeof level = [];
    for (const [x, y] of level) {
      // The first byte marks that a class is mediated.
      if (depth > 1 && words(one, x) !== words(two, y)) return false;
      for (let byte = 0; byte < 256; byte++) {
        // Strings of labels, which kernels no longer look up.
        if (depth === 0 && byte === 16) continue;
        const to: [number, number] = [one?.step(x, byte) ?? 0, two?.step(y, byte) ?? 0];
        // The first byte may lead to states that longer strings lead to as well.
        if (depth > 0 && seen.has(to.join())) continue;
        if (depth > 0) seen.add(to.join());
        next.push(to);
      }
    }
    level = next;
  }
  return true;
}

describe('diff of models', () => {
  test.each([
    ['the order', '/a r,\n/b w,', '/b w,\n/a r,'],
    ['a rule that is split', '/a rw,', '/a r,\n/a w,'],
    ['braces', '/{a,b} r,', '/a r,\n/b r,'],
    ['a rule within another', '/a/** r,', '/a/** r,\n/a/b r,'],
    ['w, which includes a', '/a w,', '/a w,\n/a a,'],
    ['peers', 'signal send peer={a,b},', 'signal send peer=a,\nsignal send peer=b,'],
    ['types of sockets', 'network inet tcp,', 'network inet stream,'],
    ['capabilities', 'capability chown kill,', 'capability kill,\ncapability chown,'],
  ])('finds no difference despite %s', (_, one, two) => {
    expect(compare(profile(one), profile(two))).toEqual({ differences: [], unknown: [] });
  });

  test.each([
    ['/a/* r,', '/a/** r,', 'file', 'added', '/a/x/'],
    ['/a r,', 'owner /a r,', 'file', 'removed', '/a'],
    ['/a Px,', '/a Ux,', 'file', 'changed', '/a'],
    ['/a r,', 'audit /a r,', 'file', 'logging', '/a'],
    ['signal send set=kill,', 'signal send,', 'signal', 'added', 'signal term, peer x'],
    ['network inet,', 'network inet stream,', 'network', 'removed', 'inet dgram'],
    ['mount /a -> /b,', 'mount options=ro /a -> /b,', 'mount', 'removed', undefined],
    ['capability,', 'capability,\ndeny capability kill,', 'capability', 'removed', undefined],
    ['link /a -> /b,', 'link /a -> /c,', 'file', 'removed', '/a to /b'],
  ])('%s and %s', (one, two, of, kind, example) => {
    const { differences, unknown } = compare(profile(one), profile(two));
    expect(unknown).toEqual([]);
    const found = differences.find((each) => each.class === of && each.kind === kind);
    expect(found).toMatchObject({ class: of, kind });
    if (example) expect(found?.example).toBe(example);
    const mirrored = compare(profile(two), profile(one)).differences;
    const opposite = { removed: 'added', added: 'removed', changed: 'changed', logging: 'logging' };
    expect(mirrored.map((each) => each.kind).sort()).toEqual(
      differences.map((each) => opposite[each.kind]).sort(),
    );
  });

  const parser = existsSync('/usr/sbin/apparmor_parser');
  const { AA_MODEL_RUNS } = process.env;
  test.skipIf(!parser)(
    `agrees with the compiled tables on generated pairs${parser ? '' : ' (skipped: no apparmor_parser)'}`,
    { timeout: AA_MODEL_RUNS ? 86_400_000 : 60_000 },
    () => {
      let same = 0;
      let different = 0;
      fc.assert(
        fc.property(
          fc.oneof(generatedPolicy, generatedRules),
          fc.constantFrom('reverse', 'repeat', 'drop', 'audit'),
          (source, change) => {
            const other = changed(source, change);
            const ok = [source, other].every((text) => check(text, { target: '3.0' }).ok);
            const compiled = ok ? [compilePolicy(source), compilePolicy(other)] : [];
            const [one, two] = compiled;
            if (!one || !two) return;
            const { differences, unknown } = compare(source, other);
            expect(unknown).toEqual([]);
            for (const [name, tables] of one) {
              const others = two.get(name);
              if (!others) continue;
              const agree = policiesAgree(tables, others);
              const found = differences.filter((each) => each.profile === name);
              expect({ source, other, agree, found: agree ? found : [] }).toEqual({
                ...{ source, other, agree: found.length === 0, found: [] },
              });
              if (agree) same++;
              else different++;
            }
          },
        ),
        AA_MODEL_RUNS ? { numRuns: Number(AA_MODEL_RUNS) } : { numRuns: 20, seed: 2 },
      );
      expect(Math.min(same, different)).toBeGreaterThan(3);
    },
  );
});

/** A policy with its rules reordered, repeated, one fewer, or logged. */
function changed(source: string, change: string): string {
  const lines = source.split('\n');
  const isRule = (line: string) => /^ {2}\S.*,$/.test(line);
  const rules = lines.filter(isRule);
  const [first = ''] = rules;
  let next = 0;
  switch (change) {
    case 'reverse':
      rules.reverse();
      return lines.map((line) => (isRule(line) ? (rules[next++] as string) : line)).join('\n');
    case 'repeat':
      return source.replace(first, () => `${first}\n${first}`);
    case 'drop':
      return lines.filter((line) => line !== first || rules.length < 2).join('\n');
    default:
      return source.replace(first, () =>
        /audit|deny/.test(first) ? first : `  audit ${first.trim()}`,
      );
  }
}

test('an example about unix sockets names the peer that differs', () => {
  const one = (peer: string) =>
    model(`abi <abi/3.0>,\nprofile p {\n  unix peer=(label=${peer}),\n}\n`);
  const { differences } = compareModels(one('one'), one('two'));
  expect(differences.map(({ kind, example }) => [kind, example])).toEqual([
    ['removed', expect.stringMatching(/peer label one$/)],
    ['added', expect.stringMatching(/peer label two$/)],
  ]);
});

test.each([
  ['dbus,', ['eavesdrop: bus session', 'bind: bus session', 'send, receive: bus session']],
  ['dbus bind bus=system,', ['bind: bus system']],
  ['mqueue,', [/: queue \/queue$/, /: queue 1$/]],
  ['mqueue 77,', [/: queue 77$/]],
  ['signal,', ['send, receive: signal kill, peer x']],
  ['unix,', [/: unix stream$/]],
])('the examples of %s are what people know', (rule, examples) => {
  const one = (rules: string) => model(`abi <abi/4.0>,\nprofile p {\n  ${rules}\n}\n`);
  const { differences } = compareModels(one(''), one(rule));
  const said = differences.map(
    ({ permissions, example }) => `${permissions.join(', ')}: ${example}`,
  );
  expect(said).toEqual(
    examples.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))),
  );
});

test('each rule that makes a difference has an example', () => {
  const common = 'abi <abi/3.0>,\nprofile p {\n  /usr/** r,\n';
  const added = ['/etc/a r,', '/etc/b r,', '/srv/{c,d}/** rw,', 'deny /usr/share/e r,'];
  const more = 'signal send set=term peer=f,\n  signal send set=term peer=g,\n';
  const before = model(`${common}}\n`);
  const after = model(`${common}  ${added.join('\n  ')}\n  ${more}}\n`);
  const { differences, unknown } = compareModels(before, after);
  expect(unknown).toEqual([]);
  const lines = new Set(
    differences.flatMap(({ leftRules, rightRules }) => [
      ...leftRules.filter(({ deny }) => deny).map(({ line }) => -line),
      ...rightRules.map(({ line }) => line),
    ]),
  );
  expect([...lines].sort((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9]);
  // Two rules that make the same difference are one.
  const twice = model(`${common}  /etc/a r,\n  /etc/{a,b} r,\n}\n`);
  expect(compareModels(before, twice).differences.map(({ example }) => example)).toEqual([
    '/etc/a',
  ]);
});
