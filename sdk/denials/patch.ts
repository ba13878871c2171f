// Adds rules to the text of a profile. Nothing that stands there is taken away or written anew, so no deny rule goes.
import {
  check,
  type DecidingRule,
  type EffectiveProfile,
  effectiveProfiles,
  type IncludeResolver,
  lint,
  parse,
} from '../../policy/index.ts';
import { refusedOf } from './acceptable.ts';
import { adviseOn } from './advice.ts';
import { type Finding, merged } from './finding.ts';
import { hostProfilesOf } from './label.ts';
import { insert, insertRules, insertTunables } from './placing.ts';

/** What to add to one of the profiles of a file. */
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

/** What findings ask for that the profiles of a file do not allow. */
export interface Wanted {
  additions: Addition[];
  /** Rules that deny some of it by name: no addition changes that. */
  denying: DecidingRule[];
  /** What no rule can say. */
  unsaid: Unsaid[];
}

/** A finding for which there is no rule, and why, as the second half of a sentence. */
export interface Unsaid extends Finding {
  reason: string;
}

/** What to add to a file for findings about its profiles; those about others are passed over. */
export function wantedBy(
  findings: readonly Finding[],
  source: string,
  { generalise = false, resolver }: { generalise?: boolean; resolver?: IncludeResolver } = {},
): Wanted {
  const profiles = effectiveProfiles(source, resolver);
  const additions = new Map<string, Addition>();
  const denying = new Map<string, DecidingRule>();
  const unsaid: Unsaid[] = [];
  const want = (addition: Addition) => additions.set(JSON.stringify(addition), addition);
  for (const finding of merged(findings)) {
    // Of a stack, each profile has to allow it.
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
 * Adds what can be added: an addition that would make a valid file invalid is left out, and so is one that another
 * rule then covers. Rules come after the last one of their kind; a limit takes the place of that limit's former value.
 * Where rules need the tunables, the file includes them.
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

/** The rules of a text that others of it cover, each as it stands there. */
function coveredRules(text: string, resolver: IncludeResolver | undefined): Set<string> {
  const lines = text.split('\n');
  return new Set(coveredLines(text, resolver).map((line) => lines[line - 1]?.trim() ?? ''));
}

/** The lines, from 1, of the rules of a text that others of it cover. */
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
    effectiveProfiles(text, resolver).find((profile) => profile.name === name);
  const leaveOut = (addition: Addition, after: readonly string[]) => {
    const reason = after.find((one) => !before.includes(one)) ?? 'it would make the file invalid';
    leftOut.push({ addition, reason });
  };
  // Flags and limits change what is there, one by one; they are few. The rules of a profile are tried together: whoever
  // is confined chooses how many there are.
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
    const profile = find(name) as EffectiveProfile;
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
      leaveOut(addition, at < mostReasons ? errorsOf(withRules([addition]), resolver) : []);
  }
  return { text, added, leftOut };
}

type RuleAddition = Addition & { rule: string };

function isPlainRule(addition: Addition): addition is RuleAddition {
  const { rule, flag } = addition;
  return rule !== undefined && flag === undefined && !rule.startsWith('set ');
}

/** Of how many rules that can't be added it is worked out why. */
const mostReasons = 20;

function errorsOf(source: string, resolver: IncludeResolver | undefined): string[] {
  const { diagnostics } = check(source, resolver ? { resolver } : {});
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

function withAddition(source: string, profile: EffectiveProfile, { rule, flag }: Addition): string {
  if (flag !== undefined && !profile.flags.includes(flag)) {
    const { flags, open } = profile.profile;
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

/** Where the profile's own text sets the limit that a rule sets. */
function formerLimit(
  { rules }: EffectiveProfile,
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
