// How two profiles differ in one class of permissions, in capabilities and in limits.
import { Budget } from '../budget.ts';
import { Matcher } from '../glob/matcher.ts';
import { capabilities } from '../rules/capability.ts';
import { permissionTables, type TableClass } from './classes/classes.ts';
import { describeRule } from './deciding-rule.ts';
import type { UnknownReason } from './decision.ts';
import {
  type Allowed,
  anyString,
  compareTables,
  type Difference,
  differenceOn,
  isKernelFile,
} from './difference.ts';
import {
  described,
  effectOf,
  grouped,
  type PolicyDifference,
  rulesOf,
  whole,
} from './policy-difference.ts';
import type { ProfileModel } from './profile-model.ts';
import { type Compared, type Grant, noGrant } from './table.ts';

/** What the comparison of two profiles depends on. */
export interface CompareContext {
  newBudget: () => Budget;
  /** They are in complain mode. */
  complains: boolean;
  /** They permit what no rule denies. */
  allowsByDefault: boolean;
}

/** What no rule denies is granted. */
const byDefault = (grant: Grant): Grant =>
  grant.decision.granted === false && grant.decision.rules.length === 0
    ? { ...grant, decision: { granted: true, rules: [] } }
    : grant;

/** A table that grants what no rule denies. */
function withDefault(table: Compared): Compared {
  const { columns, matcher, entries = [] } = table;
  return { columns, matcher, entries, grants: (state) => table.grants(state).map(byDefault) };
}

/** What rules of a profile grant. */
export type Granting = Pick<ProfileModel, 'name' | 'mediates' | 'table' | 'capabilityGrant'>;

/** The same profile without rules. */
export function withoutRules(profile: Granting): Granting {
  return {
    name: profile.name,
    mediates: (of) => profile.mediates(of),
    table(of) {
      const full = profile.table(of);
      // Of no patterns there is always a matcher.
      const matcher = Matcher.of([], new Budget(1000));
      if (typeof full === 'string' || !matcher) return full;
      const { columns } = full;
      return { columns, matcher, entries: [], grants: () => columns.map(() => noGrant) };
    },
    capabilityGrant: () => noGrant,
  };
}

/** How two profiles differ in a class of permissions; or why that is not known. */
export function compareClass(
  left: Granting,
  right: Granting,
  of: TableClass,
  context: CompareContext,
): readonly PolicyDifference[] | UnknownReason {
  const [before, after] = [left.mediates(of), right.mediates(of)];
  if (!before && !after) return [];
  if (before !== after) {
    const words = (mediated: boolean) => (mediated ? 'mediated' : 'not mediated');
    const kind = after ? 'removed' : 'added';
    const effect = after ? 'less' : 'more';
    return [whole(left.name, of, kind, effect, words(before), words(after))];
  }
  const [first, second] = [left.table(of), right.table(of)];
  if (typeof first === 'string') return first;
  if (typeof second === 'string') return second;
  const [one, two] = context.allowsByDefault
    ? [withDefault(first), withDefault(second)]
    : [first, second];
  const compare = (allowed: Allowed) =>
    compareTables(one, two, allowed, context.newBudget(), of === 'file' ? ofFiles : undefined);
  const ofKernel = compare(of === 'file' ? isKernelFile : anyString);
  if (ofKernel === 'unknown') return 'budget';
  let { differences } = ofKernel;
  let unobservable = false;
  if (differences.length === 0 && of === 'file') {
    const all = compare(anyString);
    if (all === 'unknown') return 'budget';
    ({ differences } = all);
    unobservable = differences.length > 0;
  }
  const { complains } = context;
  const better = differences.map((found) => withFamiliarExample(one, two, of, found, context));
  return grouped(better, { profile: left.name, class: of, unobservable, complains });
}

/**
 * The same difference with an example that people know, where there is one about which the same rules decide: a signal they
 * use, a family of sockets. With other rules it would be another difference, and hide this one.
 */
function withFamiliarExample(
  left: Compared,
  right: Compared,
  of: TableClass,
  found: Difference,
  { newBudget, complains }: CompareContext,
): Difference {
  if (of === 'file') return found;
  const budget = newBudget();
  const rulesOfBoth = ({ left, right }: Difference) => [
    ...left.decision.rules,
    ...right.decision.rules,
  ];
  for (const string of permissionTables[of].familiar?.(found.string) ?? []) {
    const other = differenceOn(left, right, string, found.column, budget);
    if (other?.kind !== found.kind || effectOf(other, complains) !== effectOf(found, complains))
      continue;
    const rules = rulesOfBoth(other);
    if (rulesOfBoth(found).every((rule) => rules.includes(rule))) return other;
  }
  return found;
}

/** A link and its target are a pair of paths, about which nothing else is asked. */
const ofFiles = (column: string, string: string) => !string.includes('\0') || column.endsWith(' l');

/** How two profiles differ in their capabilities. */
export function compareCapabilities(
  left: Granting,
  right: Granting,
  { complains, allowsByDefault }: CompareContext,
): PolicyDifference[] | 'prompt' {
  const found = new Map<string, PolicyDifference & { permissions: string[] }>();
  for (const name of capabilities) {
    const [one, two] = [left, right]
      .map((profile) => profile.capabilityGrant(name))
      .map((grant) => (allowsByDefault ? byDefault(grant) : grant)) as [Grant, Grant];
    const granted = ({ decision }: Grant) => decision.granted === true;
    if ((one.decision.granted === undefined) !== (two.decision.granted === undefined))
      return 'prompt';
    const kind =
      granted(one) !== granted(two)
        ? granted(one)
          ? 'removed'
          : 'added'
        : one.logging !== two.logging
          ? 'logging'
          : undefined;
    if (!kind) continue;
    // What the same rules decide in the same way is one difference.
    const rules = [one, two].map((grant) =>
      rulesOf(grant)
        .map(({ file, line, text }) => `${file}:${line}:${text}`)
        .join(),
    );
    const effect = effectOf({ column: name, kind, string: '', left: one, right: two }, complains);
    const key = [kind, ...rules].join('\0');
    const known = found.get(key);
    if (known) known.permissions.push(name);
    else
      found.set(key, {
        ...whole(left.name, 'capability', kind, effect, described(one, kind), described(two, kind)),
        permissions: [name],
        leftRules: rulesOf(one),
        rightRules: rulesOf(two),
      });
  }
  return [...found.values()];
}

/** How two profiles differ in the limits that they set. */
export function compareLimits(left: ProfileModel, right: ProfileModel): PolicyDifference[] {
  const names = new Set([...left.limits.keys(), ...right.limits.keys()]);
  return [...names].flatMap((name): PolicyDifference[] => {
    const [one, two] = [left.limits.get(name), right.limits.get(name)];
    const text = (limit: typeof one) => String(limit?.value ?? 'not limited');
    const rules = (limit: typeof one) => (limit ? [describeRule(limit.effective)] : []);
    if (text(one) === text(two)) return [];
    // No limit by the profile is more than any.
    const size = (limit: typeof one) =>
      typeof limit?.value === 'bigint' ? limit.value : unlimited;
    const [kind, effect] =
      size(one) > size(two)
        ? (['removed', 'less'] as const)
        : size(one) < size(two)
          ? (['added', 'more'] as const)
          : (['changed', 'either'] as const);
    return [
      {
        ...whole(left.name, 'rlimit', kind, effect, text(one), text(two)),
        permissions: [name],
        leftRules: rules(one),
        rightRules: rules(two),
      },
    ];
  });
}

const unlimited = 1n << 64n;
