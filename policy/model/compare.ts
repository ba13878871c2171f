// What one profile permits and another does not, exactly, with an example of each.
import { Budget } from '../budget.ts';
import {
  type CompareContext,
  compareCapabilities,
  compareClass,
  compareLimits,
  type Granting,
  withoutRules,
} from './compare-class.ts';
import { describeRule } from './deciding-rule.ts';
import type { UnknownReason } from './decision.ts';
import { anyString, compareTables } from './difference.ts';
import type { Model } from './model.ts';
import { type Effect, type PolicyDifference, whole } from './policy-difference.ts';
import { hasSameUnread, mayGainUnread } from './presumed.ts';
import { isKnownAbi, type ProfileModel, tableClasses } from './profile-model.ts';

/** The steps that comparing one class of two profiles may cost. */
const compareSteps = 40_000_000;

export interface PolicyComparison {
  differences: readonly PolicyDifference[];
  /** What could not be compared. */
  unknown: readonly { profile: string; class: string; reason: UnknownReason }[];
}

export interface CompareOptions {
  /** What the comparison may cost in all; by default each class of each profile has its own. */
  budget?: Budget | undefined;
  /** Both are loaded in complain mode, whatever their flags are. */
  complain?: boolean | undefined;
  /**
   * The includes that were not read were presumed to be empty. Whether the right policy permits more by them is unknown
   * where it includes others, or denies less.
   */
  presumed?: boolean | undefined;
}

/** Compares two policies; profiles of the same name belong together, or the only ones there are. */
export function compareModels(
  left: Model,
  right: Model,
  options: CompareOptions = {},
): PolicyComparison {
  const differences: PolicyDifference[] = [];
  const unknown: { profile: string; class: string; reason: UnknownReason }[] = [];
  const [pairs, alone] = matched(left.profiles, right.profiles);
  for (const [profile, kind] of alone) {
    const { name, mode } = profile;
    differences.push({
      // Without a child, what would run in it runs elsewhere or unconfined, as the exec rule says.
      ...whole(name, 'profile', kind, 'either', ...(kind === 'added' ? ['', mode] : [mode, ''])),
      permissions: [name],
    });
    const none = withoutRules(profile);
    const context = contextOf([profile], options);
    const found =
      kind === 'added'
        ? compareGrants(none, profile, context)
        : compareGrants(profile, none, context);
    differences.push(...found.differences);
    unknown.push(...found.unknown);
  }
  for (const [one, two] of pairs) {
    const found = compareProfiles(one, two, options);
    differences.push(...found.differences);
    unknown.push(...found.unknown);
  }
  if (left.definitions !== right.definitions)
    unknown.push({ profile: '', class: 'variables', reason: 'variables' });
  const isNoted = unknown.some(({ reason }) => reason === 'includes');
  if (options.presumed && !isNoted && !hasSameUnread(left, right)) {
    const profile = right.profiles[0]?.name ?? '';
    unknown.push({ profile, class: 'include', reason: 'includes' });
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

function contextOf(
  profiles: readonly ProfileModel[],
  { budget, complain = false }: CompareOptions,
): CompareContext {
  return {
    newBudget: () => budget ?? new Budget(compareSteps),
    complains: complain || profiles.some(({ mode }) => mode === 'complain'),
    allowsByDefault: profiles.every(({ mode }) => mode === 'default_allow'),
  };
}

function compareProfiles(
  left: ProfileModel,
  right: ProfileModel,
  options: CompareOptions,
): PolicyComparison {
  const context = contextOf([left, right], options);
  const differences: PolicyDifference[] = [];
  const unknown: { profile: string; class: string; reason: UnknownReason }[] = [];
  const profile = left.name;
  if (left.mode !== right.mode)
    differences.push(
      whole(profile, 'mode', 'changed', modeEffect(left.mode, right.mode), left.mode, right.mode),
    );
  const flags = ({ flags }: ProfileModel) => [...flags].sort().join(', ');
  if (flags(left) !== flags(right))
    differences.push(whole(profile, 'flags', 'changed', 'either', flags(left), flags(right)));
  const attached = compareAttachments(left, right, context);
  if (attached === undefined) unknown.push({ profile, class: 'attachment', reason: 'variables' });
  else if (!attached)
    differences.push(
      // A program that is no longer attached to runs unconfined.
      whole(profile, 'attachment', 'changed', 'either', ...attachmentsOf(left, right)),
    );
  if (left.abi !== right.abi && !(isKnownAbi(left.abi) && isKnownAbi(right.abi)))
    unknown.push({ profile, class: 'abi', reason: 'abi' });
  if ([left, right].some(({ mode }) => mode === 'prompt') && !haveSameRules(left, right))
    unknown.push({ profile, class: 'mode', reason: 'prompt' });
  if (options.presumed && mayGainUnread(left, right))
    unknown.push({ profile, class: 'include', reason: 'includes' });
  const granted = compareGrants(left, right, context);
  differences.push(...granted.differences);
  unknown.push(...granted.unknown);
  if (!left.incomplete && !right.incomplete) differences.push(...compareLimits(left, right));
  return { differences, unknown };
}

/** Compares what the rules of two profiles grant, apart from limits. */
function compareGrants(
  left: Granting & Partial<Pick<ProfileModel, 'incomplete'>>,
  right: Granting & Partial<Pick<ProfileModel, 'incomplete'>>,
  context: CompareContext,
): PolicyComparison {
  const differences: PolicyDifference[] = [];
  const unknown: { profile: string; class: string; reason: UnknownReason }[] = [];
  const profile = left.name;
  for (const of of tableClasses) {
    const found = compareClass(left, right, of, context);
    if (typeof found === 'string') unknown.push({ profile, class: of, reason: found });
    else differences.push(...found);
  }
  const reason = left.incomplete ?? right.incomplete;
  if (reason)
    return { differences, unknown: [...unknown, { profile, class: 'capability', reason }] };
  const capabilities = compareCapabilities(left, right, context);
  if (capabilities === 'prompt')
    unknown.push({ profile, class: 'capability', reason: capabilities });
  else differences.push(...capabilities);
  return { differences, unknown };
}

/** Modes in which what no rule grants is denied. */
const denying = ['enforce', 'kill'];

function modeEffect(left: string, right: string): Effect {
  if (denying.includes(right)) return denying.includes(left) ? 'same' : 'less';
  return denying.includes(left) || right === 'unconfined' ? 'more' : 'either';
}

/** Whether their rules are the same as they are written, without variables, whose values may differ. */
function haveSameRules(left: ProfileModel, right: ProfileModel): boolean {
  const [one, two] = [left, right].map(({ rules }) =>
    rules
      .map(describeRule)
      .map(({ deny, audit, text }) => `${deny} ${audit} ${text}`)
      .join('\n'),
  );
  return one === two && !one?.includes('@{');
}

/** What both are attached to, as written; with the values of variables where that is the same. */
function attachmentsOf(left: ProfileModel, right: ProfileModel): [string, string] {
  const texts = (key: 'attachment' | 'attachmentPattern') =>
    [left, right].map((one) =>
      [one[key] ?? '', ...one.attachmentConditions].filter(Boolean).join(' '),
    ) as [string, string];
  const [one, two] = texts('attachment');
  return one === two ? texts('attachmentPattern') : [one, two];
}

/** Whether both attach to the same programs; undefined where that is not known. */
function compareAttachments(
  left: ProfileModel,
  right: ProfileModel,
  { newBudget }: CompareContext,
): boolean | undefined {
  const conditions = left.attachmentConditions.join(' ');
  if (conditions !== right.attachmentConditions.join(' ')) return false;
  if (conditions.includes('@{')) return undefined;
  if (left.attachment === undefined && right.attachment === undefined) return true;
  const [one, two] = [left.attaches(), right.attaches()];
  if (typeof one === 'string' || typeof two === 'string') return undefined;
  const found = compareTables(one, two, anyString, newBudget());
  return found === 'unknown' ? undefined : found.differences.length === 0;
}
