// The summary is complete: whatever the model grants falls under a line, and no line claims what it does not grant.
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Budget } from '../../policy/budget.ts';
import { bytes, Matcher } from '../../policy/glob/matcher.ts';
import { check, type IncludeResolver, model, summarize } from '../../policy/index.ts';
import { permissionTables } from '../../policy/model/classes/classes.ts';
import {
  anyString,
  findString,
  isKernelFile,
  stateAfter,
  walkBeside,
} from '../../policy/model/difference.ts';
import type { EffectiveRule } from '../../policy/model/effective-rule.ts';
import { describeRule } from '../../policy/model/evaluate.ts';
import { type ProfileModel, tableClasses } from '../../policy/model/model.ts';
import { secretFiles, trustedFiles } from '../../policy/model/sensitive-files.ts';
import type { ProfileSummary } from '../../policy/model/summary/summary.ts';
import type { Grant } from '../../policy/model/table.ts';
import type { FilePermission } from '../../policy/rules/file.ts';
import { cases, corpus } from '../../scripts/conformance.ts';
import { generatedPolicy } from './generated-policy.ts';
import { generatedRules } from './generated-rules.ts';

const preamble = 'abi <abi/3.0>,\n';
const profile = (body: string) => `${preamble}profile web /usr/bin/web {\n${body}\n}\n`;

/** The lines of a policy's only profile, by topic. */
function linesOf(source: string) {
  const [one] = summarize(model(source));
  return new Map(one?.lines.map((line) => [line.topic as string, line]));
}

describe('topics', () => {
  test.each([
    ['/usr/bin/helper ux,', 'unconfined', '/usr/bin/helper', 'critical'],
    ['/usr/bin/helper Pux,', 'unconfined', '/usr/bin/helper', 'critical'],
    ['/usr/bin/helper Px -> unconfined,', 'unconfined', '/usr/bin/helper', 'critical'],
    ['change_profile -> {unconfined,x},', 'unconfined', 'profile unconfined', 'critical'],
    ['change_profile -> :root:unconfined,', 'unconfined', 'profile :root:unconfined', 'critical'],
    ['change_profile -> x,', 'change-profile', 'profile x', 'high'],
    ['/srv/* w,\n/srv/{a,b} ix,', 'run-writable', '/srv/a', 'critical'],
    ['owner /srv/a a,\n/srv/a m,', 'run-writable', '/srv/a', 'critical'],
    ['/usr/bin/helper Px,', 'run-profile', '/usr/bin/helper', 'medium'],
    ['/bin/dash ix,', 'run-shell', '/bin/dash', 'medium'],
    ['/usr/bin/helper ix,', 'run', '/usr/bin/helper', 'medium'],
    ['/usr/lib/a.so m,', 'map', '/usr/lib/a.so', 'low'],
    ['/{,var/}run/docker.sock rw,', 'control-socket', '/run/docker.sock', 'critical'],
    ['/proc/sys/kernel/core_pattern w,', 'write-kernel', '/proc/sys/kernel/core_pattern'],
    ['/proc/[0-9]*/comm w,', 'write-process', '/proc/0/comm', 'medium'],
    ['/dev/sda r,', 'device', '/dev/sda', 'high'],
    ['/dev/null rw,', 'write-terminal', '/dev/null', 'low'],
    ['/usr/local/a w,', 'write-programs', '/usr/local/a', 'high'],
    ['/etc/web/a a,', 'write-etc', '/etc/web/a', 'high'],
    ['/home/x/a w,', 'write-home', '/home/x/a', 'medium'],
    ['/home/x/a r,', 'read-home', '/home/x/a', 'medium'],
    ['/tmp/a w,', 'write-temporary', '/tmp/a', 'low'],
    ['/var/lib/a w,', 'write-data', '/var/lib/a', 'low'],
    ['/srv/a w,', 'write-other', '/srv/a', 'medium'],
    ['/srv/a r,', 'read-other', '/srv/a', 'low'],
    ['/sys/a r,', 'read-system', '/sys/a', 'low'],
    ['/proc/kcore r,', 'kernel-memory', '/proc/kcore', 'critical'],
    ['/proc/[0-9]*/mem r,', 'read-secrets', '/proc/2/mem', 'high'],
    ['owner /proc/[0-9]*/mem r,', 'read-system', '/proc/0/mem', 'low'],
    ['link /a -> /b,', 'link', '/a to /b', 'low'],
    ['/a k,', 'lock', '/a', 'low'],
    ['capability sys_module,', 'powerful-capability', 'sys_module', 'critical'],
    ['capability chown,', 'capability', 'chown', 'medium'],
    ['network inet stream,', 'network', 'inet stream', 'medium'],
    ['network inet raw,', 'network-raw', 'inet raw', 'high'],
    ['network packet,', 'network-raw', 'packet stream', 'high'],
    ['network netlink raw,', 'netlink', 'netlink raw', 'low'],
    ['unix (send) type=stream,', 'unix', undefined, 'low'],
    ['signal (send) set=kill peer=a,', 'signal-send', 'signal kill, peer a', 'medium'],
    ['signal (send) set=kill peer=web,', 'signal-own', 'signal kill, peer web', 'low'],
    ['ptrace (read) peer=a,', 'ptrace-others', 'peer a', 'high'],
    ['ptrace (tracedby) peer=a,', 'ptrace-own', 'peer a', 'low'],
    ['dbus (send) bus=system,', 'dbus', 'bus system', 'low'],
    ['dbus (eavesdrop) bus=system,', 'dbus-eavesdrop', 'bus system', 'high'],
    ['mount fstype=tmpfs,', 'mount', undefined, 'high'],
    ['umount /mnt/,', 'mount', 'mount point /mnt/', 'high'],
  ])('%s', (rules, topic, example, severity = 'critical') => {
    const line = linesOf(profile(rules)).get(topic);
    expect(line).toMatchObject({ severity });
    if (example !== undefined) expect(line?.examples.map(({ text }) => text)).toContain(example);
  });

  test.each(secretFiles.map(([pattern, note]) => [pattern, note]))(
    '%s is a secret: %s',
    (pattern, note) => {
      const lines = linesOf(profile(`${pattern} r,`));
      const found = lines.get(/kcore/.test(pattern) ? 'kernel-memory' : 'read-secrets');
      expect(found?.examples.length).toBeGreaterThan(0);
      if (!/kcore/.test(pattern)) expect(found?.examples[0]?.note).toBe(note);
    },
  );

  test.each(trustedFiles)('%s is trusted: %s', (path) => {
    const topic = path.endsWith('.sock') ? 'control-socket' : 'write-trusted';
    expect(linesOf(profile(`${path} a,`)).get(topic)?.examples[0]?.text).toBe(path);
  });

  test('are in the order of their danger', () => {
    const body = '/a r,\n/b ux,\n/etc/shadow r,\ncapability chown,';
    const severities = [...linesOf(profile(body)).values()].map(({ severity }) => severity);
    const ranks = ['critical', 'high', 'medium', 'low'];
    expect(severities).toEqual([...severities].sort((a, b) => ranks.indexOf(a) - ranks.indexOf(b)));
    expect(severities[0]).toBe('critical');
  });

  test('a deny rule takes files out of a line', () => {
    const body = '/srv/** w,\n/srv/bin/* ix,\ndeny /srv/bin/** w,';
    expect([...linesOf(profile(body)).keys()]).not.toContain('run-writable');
  });

  test.each([
    ['complain', 'whatever its rules do not deny is permitted'],
    ['unconfined', 'everything is permitted'],
  ])('the mode %s comes first', (mode, text) => {
    const [first] = summarize(model(`${preamble}profile p flags=(${mode}) {\n  /a r,\n}\n`));
    expect(first?.lines[0]).toMatchObject({ topic: 'mode', severity: 'critical' });
    expect(first?.lines[0]?.examples[0]?.text).toContain(text);
  });

  test('classes that the abi does not mediate are named', () => {
    const classes = linesOf(profile(''))
      .get('not-mediated')
      ?.examples.map(({ text }) => text);
    expect(classes).toEqual(['posix_mqueue', 'sysv_mqueue', 'io_uring', 'userns']);
  });

  test('a profile without rules permits nothing', () => {
    const lines = summarize(model('abi <abi/5.0>,\nprofile p {\n}\n'))[0]?.lines;
    expect(lines).toEqual([]);
  });
});

test('hats and child profiles have lines of their own', () => {
  const found = summarize(
    model(`${preamble}profile p {\n  /a r,\n  profile q {\n    /b r,\n  }\n  ^h {\n  }\n}\n`),
  );
  expect(found.map(({ name, parent }) => [name, parent])).toEqual([
    ['p', undefined],
    ['p//q', 'p'],
    ['p//h', 'p'],
  ]);
  const [, child] = found;
  expect(child?.lines.flatMap(({ examples }) => examples.map(({ text }) => text))).toContain('/b');
});

test('what is over budget is unknown', () => {
  const source = profile('/usr/** r,\n/etc/*/a w,\nsignal,');
  const [little] = summarize(model(source), new Budget(20_000));
  expect(little?.unknown).toContainEqual({ class: 'file', reason: 'budget' });
  const [all] = summarize(model(source));
  expect(all?.unknown).toEqual([]);
});

describe('includes that were not read', () => {
  const source = `include <tunables/global>\nprofile p {\n  include <abstractions/base>\n  @{PROC}/sys/a w,\n}\n`;
  test('make everything unknown', () => {
    const [found] = summarize(model(source));
    expect(found?.unknown).toContainEqual({ class: 'file', reason: 'includes' });
    expect(found?.lines.flatMap(({ topic }) => (topic === 'not-mediated' ? [] : topic))).toEqual(
      [],
    );
  });
  test('may be presumed to be empty', () => {
    const presumed = model(source, { presume: true });
    expect(presumed.unread).toEqual(['<tunables/global>', '<abstractions/base>']);
    const [found] = summarize(presumed);
    expect(found?.unknown).toEqual([]);
    expect(found?.lines.map(({ topic }) => topic)).toContain('write-kernel');
  });
});

/** The rules that the lines name for a permission, as texts with their places. */
function namedRules({ lines }: ProfileSummary): Set<string> {
  return new Set(
    lines.flatMap(({ examples }) =>
      examples.flatMap(({ permissions, rules }) =>
        permissions.flatMap((permission) => rules.map((rule) => keyOf(permission, rule))),
      ),
    ),
  );
}

type Place = { file?: string; line: number; text: string };
const keyOf = (permission: string, { file, line, text }: Place) =>
  `${permission} ${file}:${line}:${text}`;

const places = new WeakMap<EffectiveRule, string>();
function placeOf(rule: EffectiveRule): string {
  const known = places.get(rule) ?? keyOf('', describeRule(rule)).trim();
  places.set(rule, known);
  return known;
}

/** A granted permission that no line has, in any class; undefined if there is none. */
function ungathered(profile: ProfileModel, summary: ProfileSummary): object | undefined {
  if (profile.mode === 'unconfined') return undefined;
  const named = namedRules(summary);
  const unknown = new Set(summary.unknown.map((one) => one.class as string));
  const budget = new Budget(1_000_000_000);
  const all = Matcher.of([], budget) as Matcher;
  for (const of of tableClasses) {
    const table = profile.table(of);
    if (typeof table === 'string' || !profile.mediates(of) || unknown.has(of)) continue;
    let gap: object | undefined;
    const allowed = of === 'file' ? isKernelFile : anyString;
    const covered = walkBeside(table, all, allowed, budget, (state, _, string) => {
      for (const [index, { decision }] of table.grants(state).entries()) {
        const column = table.columns[index] as string;
        // A link and its target are a pair; folders are neither run nor mapped.
        if (of === 'file' && string.includes('\0') !== column.endsWith(' l')) continue;
        if (of === 'file' && / [xm]$/.test(column) && string.endsWith('/')) continue;
        if (string === '' || decision.granted !== true) continue;
        if (decision.rules.some((one) => !named.has(`${column} ${placeOf(one)}`)))
          gap ??= { of, column, string };
      }
    });
    if (gap || !covered) return gap ?? { of, covered };
  }
  return undefined;
}

/** A claim of a line that the model does not grant; undefined if there is none. */
function unfounded(profile: ProfileModel, { lines }: ProfileSummary): object | undefined {
  for (const { topic, examples } of lines) {
    if (topic === 'mode' || topic === 'not-mediated') continue;
    for (const { text, permissions, how, rules } of examples) {
      // A path that is not UTF-8.
      if (text.includes('\ufffd')) continue;
      for (const permission of permissions) {
        const [side, letter] = permission.split(' ');
        if (letter !== undefined) {
          const [path = '', target] = letter === 'l' ? text.split(' to ') : [text];
          const table = profile.table('file');
          if (letter === 'l' && typeof table === 'object') {
            const state = stateAfter(table.matcher, bytes(`${path}\0${target}`), new Budget(1e9));
            const [grant] = table.grants(state).filter((_, at) => table.columns[at] === permission);
            if (!grant?.decision.granted) return { permission, text };
            continue;
          }
          const decision = profile.file(letter as FilePermission, path)[
            side === 'owner' ? 'owner' : 'others'
          ];
          if (!decision.granted) return { permission, text };
          if (letter === 'x' && (decision.transition ?? '') !== how)
            return { permission, text, how };
        } else if (topic.endsWith('capability')) {
          if (!profile.capability(text).granted) return { permission, text };
        } else if (
          !grantsSomewhere(
            profile,
            permission,
            rules.map((rule) => keyOf('', rule).trim()),
          )
        )
          return { topic, permission, text };
      }
    }
  }
  return undefined;
}

/** Whether some class grants a permission on some string, by these rules. */
function grantsSomewhere(profile: ProfileModel, permission: string, rules: readonly string[]) {
  return (Object.keys(permissionTables) as (keyof typeof permissionTables)[]).some((of) => {
    const table = profile.table(of);
    if (typeof table === 'string') return false;
    const at = table.columns.indexOf(permission);
    if (at < 0) return false;
    return rules.every((rule) => {
      const decides = ({ decision }: Grant) =>
        decision.granted === true && decision.rules.some((one) => placeOf(one) === rule);
      const found = findString(
        table,
        (grants) => grants.some(decides) && grants[at]?.decision.granted === true,
        anyString,
        new Budget(1_000_000_000),
      );
      return typeof found === 'object';
    });
  });
}

/** Asserts that the summary of a policy covers what its model grants, and claims nothing else. */
function expectComplete(source: string, resolver?: IncludeResolver) {
  const found = model(source, { target: '3.0', resolver, targetBase: true });
  const summaries = summarize(found);
  for (const [index, profile] of found.profiles.entries()) {
    const summary = summaries[index] as ProfileSummary;
    expect({ source, gap: ungathered(profile, summary) }).toEqual({ source, gap: undefined });
    expect({ source, claim: unfounded(profile, summary) }).toEqual({ source, claim: undefined });
  }
  return summaries;
}

const { AA_MODEL_RUNS } = process.env;

describe('covers every grant, and nothing else', () => {
  test('of generated policies; without the rules that it names, nothing is granted', {
    timeout: 600_000,
  }, () => {
    let named = 0;
    fc.assert(
      fc.property(fc.oneof(generatedPolicy, generatedRules), (source) => {
        if (!check(source, { target: '3.0' }).ok) return;
        const lines = source.split('\n');
        const summaries = expectComplete(source);
        for (const { lines: found } of summaries)
          for (const { examples } of found)
            for (const { rules } of examples)
              for (const { line } of rules) {
                lines[line - 1] = '';
                named++;
              }
        const rest = lines.join('\n');
        if (!check(rest, { target: '3.0' }).ok) return;
        for (const { lines: left } of summarize(model(rest, { target: '3.0' }))) {
          const rules = left.flatMap(({ examples }) => examples.flatMap((one) => one.rules));
          expect({ source, rest, rules }).toEqual({ source, rest, rules: [] });
        }
      }),
      { numRuns: Number(AA_MODEL_RUNS ?? 60) },
    );
    expect(named).toBeGreaterThan(20);
  });

  test.each(['docker-default', 'docker-nginx'])('of profiles/%s', (name) => {
    const path = new URL(`../../profiles/${name}/${name}`, import.meta.url);
    const source = readFileSync(path, 'utf8').replace(/^ *include .*$/gm, '');
    const tunables = '@{PROC}=/proc/\n@{run}=/run/ /var/run/\n@{HOME}=/root/\n@{sys}=/sys/\n';
    expect(expectComplete(source.replace(/^profile/m, `${tunables}$&`)).length).toBeGreaterThan(0);
  });

  const here = existsSync(corpus);
  test.skipIf(!here)(
    `of the corpus${here ? '' : ` (skipped: no corpus at ${corpus})`}`,
    { timeout: AA_MODEL_RUNS ? 86_400_000 : 600_000 },
    () => {
      const share = AA_MODEL_RUNS ? 1 : 120;
      let profiles = 0;
      const chosen = cases().filter(({ part, expected }) => /^(up|comm)/.test(part) && expected);
      for (const { path, resolver } of chosen.filter((_, index) => index % share === 0))
        profiles += expectComplete(readFileSync(path, 'utf8'), resolver).length;
      expect(profiles).toBeGreaterThan(5);
    },
  );
});
