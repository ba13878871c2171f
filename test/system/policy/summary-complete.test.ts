// The summary is complete: whatever the model grants falls under a line, and no line claims what it does not grant.
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Budget } from '../../../policy/budget.ts';
import { bytes, Matcher } from '../../../policy/glob/matcher.ts';
import { check, type IncludeResolver, model, summarize } from '../../../policy/index.ts';
import { permissionTables } from '../../../policy/model/classes/classes.ts';
import { describeRule } from '../../../policy/model/deciding-rule.ts';
import {
  anyString,
  findString,
  isKernelFile,
  stateAfter,
  walkBeside,
} from '../../../policy/model/difference.ts';
import type { EffectiveRule } from '../../../policy/model/effective-rule.ts';
import { type ProfileModel, tableClasses } from '../../../policy/model/profile-model.ts';
import type { ProfileSummary } from '../../../policy/model/summary/summary.ts';
import type { Grant } from '../../../policy/model/table.ts';
import type { FilePermission } from '../../../policy/rules/file.ts';
import { cases, corpus } from '../../../scripts/conformance.ts';
import { generatedPolicy } from '../../policy/generated-policy.ts';
import { generatedRules } from '../../policy/generated-rules.ts';

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
    const path = new URL(`../../../profiles/${name}/${name}`, import.meta.url);
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
