// What the texts of profiles permit, for the API. Pure; its work and its results are bounded for any input.
import type { Compared, Summarized } from '../../contract/index.ts';
import {
  Budget,
  baseResolver,
  type CheckOptions,
  check,
  comparePolicies,
  type DecidingRule,
  firstError,
  model,
  type ProfileSummary,
  summarize,
  type WayOut,
  waysOut,
} from '../../policy/index.ts';
import type { Compiler, DiffTask, SummaryTask } from '../ports.ts';

/** Limits of results: as many examples as fit into the first of the sizes, in characters of JSON. */
export const permissionLimits = {
  summary: 64 * 1024,
  examples: [12, 6, 3, 1],
  profiles: 50,
  differences: 200,
  /** Rules of an example or of a side, rules of a way out, and characters of a text. */
  rules: 5,
  rulesOfWay: 2,
  text: 200,
  unread: 50,
} as const;

/**
 * The steps that the models, and what is asked of them, may cost; a million takes 25 to 50 ms. What is over is unknown. When a
 * version is published, its summary may cost little beside the analysis; the rest is computed when it is first requested.
 */
export const permissionSteps = {
  published: 5_000_000,
  /** Of a version with the one that it follows, for each base policy (see `requireNoWidening`). */
  compared: 10_000_000,
  requested: 60_000_000,
} as const;

/** The summary of a profile's text. Without a base policy, its includes count as empty. */
export function summarizeText({ text, files, body, steps, ...compiler }: SummaryTask): Summarized {
  const budget = new Budget(steps);
  const options = { ...optionsOf(compiler), files, body };
  const error = firstError(check(text, options).diagnostics);
  if (error) return failed('refused', error.text);
  const found = model(text, { ...options, presume: true, budget });
  const profiles = summarize(found, budget);
  const unknown = profiles.flatMap((one) =>
    one.unknown.map((at) => ({ ...at, profile: short(one.name) })),
  );
  const unread = found.unread.slice(0, permissionLimits.unread).map(short);
  const ways = body === undefined ? waysOut(found.profiles, budget).map(toWay) : [];
  const known =
    unread.length === 0 && unknown.length === 0 && ways.every((one) => one.state !== 'unknown');
  return fitting(profiles, {
    ...{ state: known ? 'complete' : 'partial', reason: null },
    ...{ unread, unknown: unknown.slice(0, permissionLimits.unread), ways },
  });
}

/** The summary whose analysis was refused, or stopped at a limit. */
export function failed(state: 'refused' | 'unknown', reason: string): Summarized {
  return {
    state,
    reason: short(reason),
    unread: [],
    profiles: [],
    omitted: 0,
    unknown: [],
    ways: [],
  };
}

/** The most examples that fit into the size of a summary. */
function fitting(
  all: readonly ProfileSummary[],
  rest: Pick<Summarized, 'state' | 'reason' | 'unread' | 'unknown' | 'ways'>,
): Summarized {
  let shown = all.slice(0, permissionLimits.profiles);
  for (;;) {
    for (const most of permissionLimits.examples) {
      const profiles = shown.map((one) => toProfile(one, most));
      const omitted = all.length - shown.length;
      const state = omitted > 0 && rest.state === 'complete' ? 'partial' : rest.state;
      const found = { ...rest, state, profiles, omitted };
      if (JSON.stringify(found).length <= permissionLimits.summary) return found;
    }
    shown = shown.slice(0, shown.length >> 1);
  }
}

function toProfile({ name, mode, parent, lines }: ProfileSummary, most: number) {
  return {
    ...{ name: short(name), mode, parent: parent === undefined ? null : short(parent) },
    lines: lines.map(({ topic, severity, text, examples }) => ({
      ...{ topic, severity, text },
      examples: examples.slice(0, most).map(({ text, permissions, how, note, rules }) => ({
        ...{ text: short(text), permissions: [...permissions], how: short(how) },
        ...{ note: note ?? null, rules: toRules(rules) },
      })),
      omitted: Math.max(0, examples.length - most),
    })),
  };
}

/** What two profiles' texts permit differently. */
export function compareTexts({ from, to, ...compiler }: DiffTask): Compared {
  const change = comparePolicies(from, to, {
    ...optionsOf(compiler),
    steps: permissionSteps.requested,
  });
  if (!change.known) {
    return incomparable('refused', `"${change.refused}": ${change.error}`);
  }
  const { differences, unknown } = change.comparison;
  const { unread } = change;
  const shown = differences.slice(0, permissionLimits.differences);
  const omitted = differences.length - shown.length;
  return {
    state: unknown.length > 0 || omitted > 0 ? 'partial' : 'complete',
    reason: null,
    same: unknown.length > 0 ? null : differences.length === 0,
    differences: shown.map((one) => ({
      ...one,
      profile: short(one.profile),
      permissions: one.permissions.map(short),
      example: one.example === undefined ? null : short(one.example),
      ...{ left: short(one.left), right: short(one.right) },
      ...{ leftRules: toRules(one.leftRules), rightRules: toRules(one.rightRules) },
    })),
    omitted,
    unknown: unknown
      .slice(0, permissionLimits.unread)
      .map((at) => ({ ...at, profile: short(at.profile) })),
    unread: unread.slice(0, permissionLimits.unread).map(short),
  };
}

/** The comparison that was refused, or stopped at a limit. */
export function incomparable(state: 'refused' | 'unknown', reason: string): Compared {
  return {
    ...{ state, reason: short(reason), same: null },
    ...{ differences: [], omitted: 0, unknown: [], unread: [] },
  };
}

/** The options of policy's functions for a compiler. */
export function optionsOf({ release, base }: Compiler): CheckOptions {
  if (base === null) return { target: release, targetBase: false };
  const { files } = JSON.parse(base) as { files: Record<string, string> };
  const resolver = baseResolver(files, { label: 'base', others: () => undefined });
  return { target: release, targetBase: true, resolver };
}

function toWay({
  name,
  how,
  state,
  profile,
  example,
  note,
  rules,
}: WayOut): Summarized['ways'][number] {
  return {
    ...{ name, how, state, note: note ?? null },
    ...{ profile: orNull(profile), example: orNull(example) },
    rules: toRules(rules).slice(0, permissionLimits.rulesOfWay),
  };
}

const orNull = (text: string | undefined) => (text === undefined ? null : short(text));

const toRules = (rules: readonly DecidingRule[]) =>
  rules.slice(0, permissionLimits.rules).map(({ file, line, text, deny, audit }) => ({
    ...{ file: file === undefined ? null : short(file), line, text: short(text), deny, audit },
  }));

const short = (text: string) =>
  text.length <= permissionLimits.text
    ? text
    : `${text.slice(0, permissionLimits.text).toWellFormed()}…`;
