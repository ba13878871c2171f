// What one profile permits and another does not, exactly, with an example of each.
import { Budget } from '../budget.ts';
import { textOf } from '../glob/matcher.ts';
import { capabilities } from '../rules/capability.ts';
import { permissionTables, type TableClass } from './classes/classes.ts';
import type { UnknownReason } from './decision.ts';
import {
  type Allowed,
  anyString,
  compareTables,
  type Difference,
  differenceOn,
  isKernelFile,
} from './difference.ts';
import { type DecidingRule, describeRule } from './evaluate.ts';
import { type Model, type ProfileModel, tableClasses } from './model.ts';
import type { Compared, Grant } from './table.ts';

/** The steps that comparing one class of two profiles may cost. */
const compareSteps = 40_000_000;

/** One way in which two policies differ. */
export interface PolicyDifference {
  profile: string;
  /** The class of permissions, or `profile`, `mode`, `flags` or `attachment`. */
  class: string;
  /** `removed`: only the first permits it; `added`: only the second; `changed`: in another way; `logging`: as before, but
   * its use is logged otherwise. */
  kind: Difference['kind'];
  /** What differs together, such as `owner r` or `send`. */
  permissions: readonly string[];
  /** The shortest example, in words; undefined where the difference is about the whole. */
  example: string | undefined;
  /** No kernel asks for the example, nor for any other: the rules differ, what they permit does not. */
  unobservable: boolean;
  /** How it is permitted on each side, such as the exec transition, a mode or a limit. */
  left: string;
  right: string;
  /** The rules that decide on each side. */
  leftRules: readonly DecidingRule[];
  rightRules: readonly DecidingRule[];
}

export interface PolicyComparison {
  differences: readonly PolicyDifference[];
  /** What could not be compared. */
  unknown: readonly { profile: string; class: string; reason: UnknownReason }[];
}

/**
 * Compares two policies; profiles of the same name belong together, or the only ones there are.
 *
 * @param budget what all of it may cost, in place of a budget for each class
 */
export function compareModels(left: Model, right: Model, budget?: Budget): PolicyComparison {
  const differences: PolicyDifference[] = [];
  const unknown: { profile: string; class: string; reason: UnknownReason }[] = [];
  const [pairs, alone] = matched(left.profiles, right.profiles);
  for (const [profile, kind] of alone)
    differences.push({ ...whole(profile.name, 'profile', kind), permissions: [profile.name] });
  for (const [one, two] of pairs) {
    const found = compareProfiles(one, two, () => budget ?? new Budget(compareSteps));
    differences.push(...found.differences);
    unknown.push(...found.unknown);
  }
  return { differences, unknown };
}

function matched(
  left: readonly ProfileModel[],
  right: readonly ProfileModel[],
): [[ProfileModel, ProfileModel][], [ProfileModel, 'added' | 'removed'][]] {
  const roots = (all: readonly ProfileModel[]) => all.filter(({ parent }) => parent === undefined);
  const [one, ...more] = roots(left);
  const [two, ...others] = roots(right);
  // Of the only profile on each side the name does not matter, nor for its children.
  const renamed = one && two && more.length === 0 && others.length === 0;
  const key = (profile: ProfileModel, root: ProfileModel | undefined) =>
    renamed && root ? profile.name.slice(root.name.length) : profile.name;
  const byKey = new Map(right.map((profile) => [key(profile, two), profile]));
  const pairs: [ProfileModel, ProfileModel][] = [];
  const alone: [ProfileModel, 'added' | 'removed'][] = [];
  for (const profile of left) {
    const other = byKey.get(key(profile, one));
    if (other) {
      byKey.delete(key(profile, one));
      pairs.push([profile, other]);
    } else alone.push([profile, 'removed']);
  }
  for (const profile of byKey.values()) alone.push([profile, 'added']);
  return [pairs, alone];
}

function whole(
  profile: string,
  of: string,
  kind: Difference['kind'],
  left = '',
  right = '',
): PolicyDifference {
  return {
    ...{ profile, class: of, kind, permissions: [], example: undefined, unobservable: false },
    ...{ left, right, leftRules: [], rightRules: [] },
  };
}

function compareProfiles(
  left: ProfileModel,
  right: ProfileModel,
  budgetOf: () => Budget,
): PolicyComparison {
  const differences: PolicyDifference[] = [];
  const unknown: { profile: string; class: string; reason: UnknownReason }[] = [];
  const profile = left.name;
  if (left.mode !== right.mode)
    differences.push(whole(profile, 'mode', 'changed', left.mode, right.mode));
  const flags = ({ flags }: ProfileModel) => [...flags].sort().join(', ');
  if (flags(left) !== flags(right))
    differences.push(whole(profile, 'flags', 'changed', flags(left), flags(right)));
  const attached = compareAttachments(left, right, budgetOf());
  if (attached === undefined) unknown.push({ profile, class: 'attachment', reason: 'variables' });
  else if (!attached)
    differences.push(
      whole(profile, 'attachment', 'changed', left.attachment ?? '', right.attachment ?? ''),
    );
  for (const of of tableClasses) {
    const found = compareClass(left, right, of, budgetOf);
    if (typeof found === 'string') unknown.push({ profile, class: of, reason: found });
    else differences.push(...found);
  }
  const reason = left.incomplete ?? right.incomplete;
  if (reason)
    return { differences, unknown: [...unknown, { profile, class: 'capability', reason }] };
  differences.push(...compareCapabilities(left, right), ...compareLimits(left, right));
  return { differences, unknown };
}

/** Whether both attach to the same programs; undefined where that is not known. */
function compareAttachments(
  left: ProfileModel,
  right: ProfileModel,
  budget: Budget,
): boolean | undefined {
  if (left.attachment === right.attachment) return true;
  const [one, two] = [left.attaches(), right.attaches()];
  if (typeof one === 'string' || typeof two === 'string') return undefined;
  const found = compareTables(one, two, anyString, budget);
  return found === 'unknown' ? undefined : found.differences.length === 0;
}

function compareClass(
  left: ProfileModel,
  right: ProfileModel,
  of: TableClass,
  budgetOf: () => Budget,
): readonly PolicyDifference[] | UnknownReason {
  const [before, after] = [left.mediates(of), right.mediates(of)];
  if (!before && !after) return [];
  if (before !== after) {
    const words = (mediated: boolean) => (mediated ? 'mediated' : 'not mediated');
    const kind = after ? 'removed' : 'added';
    return [whole(left.name, of, kind, words(before), words(after))];
  }
  const [one, two] = [left.table(of), right.table(of)];
  if (typeof one === 'string') return one;
  if (typeof two === 'string') return two;
  const compare = (allowed: Allowed) =>
    compareTables(one, two, allowed, budgetOf(), of === 'file' ? ofFiles : undefined);
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
  const better = differences.map((found) => withFamiliarExample(one, two, of, found, budgetOf()));
  return grouped(left.name, of, better, unobservable);
}

/** The same difference with an example that people know, where there is one: a signal they use, a family of sockets. */
function withFamiliarExample(
  left: Compared,
  right: Compared,
  of: TableClass,
  found: Difference,
  budget: Budget,
): Difference {
  if (of === 'file') return found;
  for (const string of permissionTables[of].familiar?.(found.string) ?? []) {
    const other = differenceOn(left, right, string, found.column, budget);
    if (other?.kind === found.kind) return other;
  }
  return found;
}

/** A link and its target are a pair of paths, about which nothing else is asked. */
const ofFiles = (column: string, string: string) => !string.includes('\0') || column.endsWith(' l');

/** Differences with the same example as one. */
function grouped(
  profile: string,
  of: TableClass,
  differences: readonly Difference[],
  unobservable: boolean,
): PolicyDifference[] {
  const found = new Map<string, PolicyDifference & { permissions: string[] }>();
  const pairs = new Set(
    differences.filter(({ string }) => string.includes('\0')).map(({ column }) => column),
  );
  for (const { column, kind, string, left, right } of differences) {
    // That a name may be linked at all is said with what it may be linked to.
    if (of === 'file' && pairs.has(column) && !string.includes('\0')) continue;
    const sides = [described(left, kind, column), described(right, kind, column)];
    const key = [kind, string, ...sides].join('\0\0');
    const known = found.get(key);
    if (known) known.permissions.push(column);
    else
      found.set(key, {
        ...{ profile, class: of, kind, permissions: [column], unobservable },
        example: exampleOf(of, string),
        ...{ left: sides[0] as string, right: sides[1] as string },
        ...{ leftRules: rulesOf(left), rightRules: rulesOf(right) },
      });
  }
  return [...found.values()];
}

const rulesOf = ({ decision }: Grant) => decision.rules.map(describeRule);

function exampleOf(of: TableClass, string: string): string {
  if (of !== 'file') return textOf(permissionTables[of].describe(string));
  return textOf(string).replace('\0', ' to ');
}

function described(
  { decision, how, logging }: Grant,
  kind: Difference['kind'],
  column = '',
): string {
  if (kind === 'logging') return loggingWords[logging];
  if (decision.granted !== true) return 'denied';
  // Of a link it only matters where it is all that differs, whether its target has to permit as much.
  if (column.endsWith(' l'))
    return kind === 'changed'
      ? how === ''
        ? 'with any target'
        : 'if the target permits as much'
      : 'granted';
  return how === '' ? 'granted' : how;
}

const loggingWords = {
  '': 'logged as usual',
  audit: 'logged also when granted',
  quiet: 'not logged when denied',
} as const;

function compareCapabilities(left: ProfileModel, right: ProfileModel): PolicyDifference[] {
  const found = new Map<string, PolicyDifference & { permissions: string[] }>();
  for (const name of capabilities) {
    const [one, two] = [left.capabilityGrant(name), right.capabilityGrant(name)];
    const granted = ({ decision }: Grant) => decision.granted === true;
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
    const key = [kind, ...rules].join('\0');
    const known = found.get(key);
    if (known) known.permissions.push(name);
    else
      found.set(key, {
        ...whole(left.name, 'capability', kind, described(one, kind), described(two, kind)),
        permissions: [name],
        leftRules: rulesOf(one),
        rightRules: rulesOf(two),
      });
  }
  return [...found.values()];
}

function compareLimits(left: ProfileModel, right: ProfileModel): PolicyDifference[] {
  const names = new Set([...left.limits.keys(), ...right.limits.keys()]);
  return [...names].flatMap((name): PolicyDifference[] => {
    const [one, two] = [left.limits.get(name), right.limits.get(name)];
    const text = (value: typeof one) => (value === undefined ? 'not limited' : String(value));
    if (text(one) === text(two)) return [];
    // No limit by the profile is more than any.
    const size = (value: typeof one) => (typeof value === 'bigint' ? value : unlimited);
    const kind = size(one) > size(two) ? 'removed' : size(one) < size(two) ? 'added' : 'changed';
    return [
      {
        ...whole(left.name, 'rlimit', kind, text(one), text(two)),
        permissions: [name],
        example: name,
      },
    ];
  });
}

const unlimited = 1n << 64n;
