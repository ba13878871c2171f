// Adds rules to the text of a profile. Existing text is neither removed nor rewritten, so deny rules stay.
import {
  check,
  type DecidingRule,
  type IncludeResolver,
  lint,
  model,
  type ProfileModel,
  parse,
} from '../../policy/index.ts';
import { refusedOf } from './acceptable.ts';
import { adviseOn } from './advice.ts';
import { type Finding, merged } from './finding.ts';
import { hostProfilesOf } from './label.ts';
import { insert, insertRules, insertTunables } from './placing.ts';

/** An addition to one of the profiles of a file. */
export interface Addition {
  /** The profile, hat or child, as the kernel shows it. */
  profile: string;
  /** A rule with its comma. */
  rule?: string;
  /** The name of a flag. */
  flag?: string;
}

/** An addition that was left out, and why, as the second half of a sentence. */
export interface LeftOut {
  addition: Addition;
  reason: string;
}

export interface Patched {
  text: string;
  added: Addition[];
  leftOut: LeftOut[];
}

/** What the profiles of a file need to allow the findings. */
export interface Wanted {
  additions: Addition[];
  /** Rules that deny some of it explicitly, which no addition changes. */
  denying: DecidingRule[];
  /** What the policy language cannot express. */
  unsaid: UnsupportedFinding[];
}

/** A finding without a rule, and why, as the second half of a sentence. */
export interface UnsupportedFinding extends Finding {
  reason: string;
}

/** The additions to a file for findings about its profiles; ignores other profiles. */
export function wantedBy(
  findings: readonly Finding[],
  source: string,
  { generalise = false, resolver }: { generalise?: boolean; resolver?: IncludeResolver } = {},
): Wanted {
  const { profiles } = model(source, { resolver, presume: true });
  const additions = new Map<string, Addition>();
  const denying = new Map<string, DecidingRule>();
  const unsaid: UnsupportedFinding[] = [];
  const want = (addition: Addition) => additions.set(JSON.stringify(addition), addition);
  for (const finding of merged(findings)) {
    // Every profile of a stack must allow it.
    const names = hostProfilesOf(finding);
    for (const profile of profiles.filter(({ name }) => names.includes(name))) {
      const { evaluation, suggestion, flag, noRule } = adviseOn(finding, profile, { generalise });
      if (noRule !== undefined) unsaid.push({ ...finding, reason: noRule });
      if (flag !== undefined) want({ profile: profile.name, flag });
      if (suggestion) want({ profile: profile.name, rule: suggestion.rule });
      else if (evaluation?.outcome === 'denied') {
        for (const rule of evaluation.rules) denying.set(JSON.stringify(rule), rule);
      }
    }
  }
  return { additions: [...additions.values()], denying: [...denying.values()], unsaid };
}

/**
 * Applies all valid additions: leaves out those that would make a valid file invalid or that another rule covers. A
 * rule goes after the last one of its kind; a limit replaces the former value. Includes the tunables if the rules need
 * them.
 */
export function patch(
  source: string,
  additions: readonly Addition[],
  resolver?: IncludeResolver,
): Patched {
  const patched = patchWith(source, additions, resolver);
  const covered = coveredRules(patched.text, resolver);
  const needless = patched.added.filter(({ rule }) => rule !== undefined && covered.has(rule));
  if (needless.length === 0) return patched;
  const others = additions.filter((one) => !needless.includes(one));
  return patchWith(source, others, resolver);
}

/** The rules of a text that other rules cover, as written. */
function coveredRules(text: string, resolver: IncludeResolver | undefined): Set<string> {
  const lines = text.split('\n');
  return new Set(coveredLines(text, resolver).map((line) => lines[line - 1]?.trim() ?? ''));
}

/** The lines, from 1, of the rules that other rules cover. */
export function coveredLines(text: string, resolver: IncludeResolver | undefined): number[] {
  const found = lint(text, resolver ? { resolver } : {}).diagnostics.filter(
    ({ id, file }) => id === 'covered-rule' && file === undefined,
  );
  return found.map(({ span }) => span.start.line);
}

function patchWith(
  source: string,
  additions: readonly Addition[],
  resolver: IncludeResolver | undefined,
): Patched {
  const before = errorsOf(source, resolver);
  let text = source;
  const added: Addition[] = [];
  const leftOut: LeftOut[] = [];
  const find = (name: string) =>
    model(text, { resolver, presume: true }).profiles.find((profile) => profile.name === name);
  const leaveOut = (addition: Addition, after: readonly string[]) => {
    const reason = after.find((one) => !before.includes(one)) ?? 'it would make the file invalid';
    leftOut.push({ addition, reason });
  };
  // Flags and limits change existing text, one at a time; they are few. The rules of a profile are tried together, as
  // confined processes choose their number.
  const rules = new Map<string, RuleAddition[]>();
  for (const addition of additions) {
    if (isPlainRule(addition)) {
      const others = rules.get(addition.profile);
      if (others) others.push(addition);
      else rules.set(addition.profile, [addition]);
      continue;
    }
    const profile = find(addition.profile);
    if (!profile) {
      leftOut.push({ addition, reason: `the file does not define ${addition.profile}` });
      continue;
    }
    const next = withAddition(text, profile, addition);
    const after = errorsOf(next, resolver);
    if (after.length > before.length) {
      leaveOut(addition, after);
      continue;
    }
    if (next !== text) added.push(addition);
    text = next;
  }
  for (const [name, wanted] of rules) {
    if (!find(name)) {
      for (const addition of wanted)
        leftOut.push({ addition, reason: `the file does not define ${name}` });
      continue;
    }
    const profile = find(name) as ProfileModel;
    const withRules = (some: readonly { rule: string }[]) => {
      const rules = some.map(({ rule }) => rule);
      const next = insertRules(text, profile, rules);
      const lacks =
        !profile.declares('PROC') && rules.some((rule) => /@\{(PROC|[pt]id)\}/.test(rule));
      return lacks ? insertTunables(next) : next;
    };
    const refused = refusedOf(wanted, (some) => {
      const next = withRules(some);
      if (errorsOf(next, resolver).length > before.length) return false;
      text = next;
      added.push(...some);
      return true;
    });
    for (const [at, addition] of refused.entries())
      leaveOut(addition, at < maxReasons ? errorsOf(withRules([addition]), resolver) : []);
  }
  return { text, added, leftOut };
}

type RuleAddition = Addition & { rule: string };

function isPlainRule(addition: Addition): addition is RuleAddition {
  const { rule, flag } = addition;
  return rule !== undefined && flag === undefined && !rule.startsWith('set ');
}

/** The maximum number of failed rules that are explained individually. */
const maxReasons = 20;

function errorsOf(source: string, resolver: IncludeResolver | undefined): string[] {
  const { diagnostics } = check(source, resolver ? { resolver } : {});
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

function withAddition(source: string, profile: ProfileModel, { rule, flag }: Addition): string {
  if (flag !== undefined && !profile.flags.includes(flag)) {
    const { flags, open } = profile.node;
    const last = flags?.values.at(-1);
    if (last) return insert(source, last.end, `, ${flag}`);
    const end = source.slice(0, open).trimEnd().length;
    return insert(source, end, ` flags=(${flag})`);
  }
  if (rule === undefined) return source;
  const limit = formerLimit(profile, rule);
  if (limit) return source.slice(0, limit.start) + limit.value + source.slice(limit.end);
  return insertRules(source, profile, [rule]);
}

/** The position of a limit that the profile's own text sets. */
function formerLimit(
  { rules }: ProfileModel,
  text: string,
): { start: number; end: number; value: string } | undefined {
  const [profile] = parse(`profile limit {\n${text}\n}\n`).file.statements;
  const wanted = profile?.kind === 'profile' ? profile.body[0] : undefined;
  if (wanted?.kind !== 'rlimit') return undefined;
  for (const { rule, own } of rules) {
    const [first] = rule.kind === 'rlimit' && own ? rule.value : [];
    if (rule.kind !== 'rlimit' || rule.name.value !== wanted.name.value || !first) continue;
    const value = wanted.value.map((word) => word.text).join(' ');
    return { start: first.start, end: rule.value.at(-1)?.end ?? first.end, value };
  }
  return undefined;
}
