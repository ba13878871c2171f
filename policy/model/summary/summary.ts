// What a profile permits, in lines about topics, the most dangerous first. Complete: each permission that the model grants
// falls under exactly one topic, and each rule that grants some of it has an example there.
import { Budget } from '../../budget.ts';
import { Matcher, type State, textOf } from '../../glob/matcher.ts';
import { capabilities } from '../../rules/capability.ts';
import { permissionTables, type TableClass } from '../classes/classes.ts';
import type { UnknownReason } from '../decision.ts';
import { anyString, isKernelFile, stateAfter, walkBeside } from '../difference.ts';
import type { Model } from '../model.ts';
import { actsAsOthers, amountsToRoot, reachesHost } from '../powerful-capabilities.ts';
import type { ProfileModel } from '../profile-model.ts';
import { tableClasses } from '../profile-model.ts';
import type { Compared, Grant } from '../table.ts';
import { classTopics } from './classes.ts';
import { type ChildProgram, filePatterns, fileTopic } from './files.ts';
import { Lines, type Permitted, type SummaryLine } from './lines.ts';

/** What one profile, hat or child profile permits. */
export interface ProfileSummary {
  /** As the kernel shows it; children as `parent//child`. */
  name: string;
  mode: string;
  /** The name of the profile it is a hat or child of. */
  parent: string | undefined;
  lines: readonly SummaryLine[];
  /** The classes of which it is not known what is permitted. */
  unknown: readonly { class: TableClass | 'capability'; reason: UnknownReason }[];
}

/** The steps that summarizing all profiles of a policy may cost. */
export const summarySteps = 200_000_000;

/** What one profile costs, apart from its rules. */
const profileSteps = 10_000;

/**
 * Summarizes every profile of a policy.
 *
 * @param budget what it may cost; what that does not cover is unknown
 */
export function summarize(
  { profiles }: Model,
  budget: Budget = new Budget(summarySteps),
): ProfileSummary[] {
  return profiles.map((profile) => {
    const children = profiles
      .filter(({ parent }) => parent === profile.name)
      .map((child) => ({
        name: child.name.slice(profile.name.length + 2),
        attachment: child.attachmentPattern,
      }));
    return summarizeProfile(profile, children, budget);
  });
}

/** Tells where a file is; made when first asked for. */
let places: Matcher | undefined;

function summarizeProfile(
  profile: ProfileModel,
  children: readonly ChildProgram[],
  budget: Budget,
): ProfileSummary {
  const { name, mode, parent } = profile;
  const lines = new Lines();
  const unknown: { class: TableClass | 'capability'; reason: UnknownReason }[] = [];
  const own = modeText[mode];
  if (own !== undefined) lines.add([{ topic: 'mode', permission: mode, rules: [] }], () => own);
  if (mode === 'unconfined') return { name, mode, parent, lines: lines.all, unknown };
  budget.spend(profileSteps);
  for (const of of tableClasses) {
    if (!profile.mediates(of)) {
      lines.add([{ topic: 'not-mediated', permission: of, rules: [] }], () => of);
      continue;
    }
    const table = profile.table(of);
    const reason =
      typeof table === 'string'
        ? table
        : of === 'file'
          ? addFiles(lines, table, children, budget)
          : addClass(lines, table, of, name, budget);
    if (reason) unknown.push({ class: of, reason });
  }
  if (profile.incomplete) unknown.push({ class: 'capability', reason: profile.incomplete });
  else addCapabilities(lines, profile);
  return { name, mode, parent, lines: lines.all, unknown };
}

/** What the modes permit besides the rules. */
const modeText: Readonly<Record<string, string>> = {
  unconfined: 'unconfined: everything is permitted',
  complain: 'complain: whatever its rules do not deny is permitted and logged',
  default_allow: 'default_allow: whatever its rules do not deny is permitted',
  prompt: 'prompt: the user decides on whatever its rules do not deny',
};

/** Adds what is granted on files; returns why some of it is not known. */
function addFiles(
  lines: Lines,
  table: Compared,
  children: readonly ChildProgram[],
  budget: Budget,
): UnknownReason | undefined {
  places ??= Matcher.ofProgram(filePatterns());
  const columns = table.columns.map((permission, index) => {
    const [side, letter = ''] = permission.split(' ');
    return { permission, index, letter, owner: side === 'owner' };
  });
  const writing = columns.filter(({ letter }) => letter === 'w' || letter === 'a');
  let prompts = false;
  const attached = new Set(children.map(({ name, attachment = name }) => attachment));
  // Of strings that the same entries and places match, the first that is a folder, a link, or the program of a child is
  // enough.
  const seen = new Map<readonly number[], Set<readonly number[]>[]>();
  const covered = walkBeside(table, places, isKernelFile, budget, (state, beside, string) => {
    if (state.accepted.length === 0) return;
    const kinds = seen.get(state.accepted) ?? [];
    seen.set(state.accepted, kinds);
    const kind = attached.has(string)
      ? 4
      : (string.endsWith('/') ? 1 : 0) + (string.includes('\0') ? 2 : 0);
    const known = kinds[kind] ?? new Set();
    kinds[kind] = known;
    if (known.has(beside.accepted)) return;
    known.add(beside.accepted);
    budget.spend(columns.length * (1 + state.accepted.length));
    const grants = table.grants(state);
    const writable = writing.some(({ index }) => grants[index]?.decision.granted === true);
    const permitted: Permitted[] = [];
    for (const { permission, index, letter, owner } of columns) {
      const grant = grants[index] as Grant;
      const { granted, rules } = grant.decision;
      prompts ||= granted === undefined;
      if (granted !== true) continue;
      const matching = beside.accepted;
      const at = fileTopic({ letter, owner, grant, string, writable, matching, children });
      const how = letter === 'x' ? grant.how : '';
      if (at) permitted.push({ ...at, permission, how, rules });
    }
    lines.add(permitted, () => textOf(string).replace('\0', ' to '));
  });
  if (!covered || budget.exhausted) return 'budget';
  return prompts ? 'prompt' : undefined;
}

/** Adds what is granted in another class; returns why some of it is not known. */
function addClass(
  lines: Lines,
  table: Compared,
  of: Exclude<TableClass, 'file'>,
  profile: string,
  budget: Budget,
): UnknownReason | undefined {
  const { patterns, topic } = classTopics[of];
  const kinds = Matcher.of(patterns(profile.replace(/^:[^:]*:(\/\/)?/, '')), budget);
  if (!kinds) return 'budget';
  const { familiar, describe } = permissionTables[of] as FamiliarClass;
  let prompts = false;
  const permittedAt = (state: State, beside: State) => {
    const permitted: Permitted[] = [];
    for (const [index, { decision }] of table.grants(state).entries()) {
      prompts ||= decision.granted === undefined;
      if (decision.granted !== true) continue;
      const permission = table.columns[index] as string;
      const about = topic(permission, (pattern) => beside.accepted.includes(pattern));
      if (about) permitted.push({ topic: about, permission, rules: decision.rules });
    }
    return permitted;
  };
  /** A string that people know, if the same rules decide about it. */
  const better = (string: string, expected: readonly Permitted[]) =>
    familiar?.(string).find((other) => {
      const [state, beside] = [table.matcher, kinds].map((one) => stateAfter(one, other, budget));
      const found = permittedAt(state as State, beside as State);
      return expected.every((one) => found.some((two) => isSame(one, two)));
    }) ?? string;
  const covered = walkBeside(table, kinds, anyString, budget, (state, beside, string) => {
    // No profile has an empty name.
    if (state.accepted.length === 0 || string === '') return;
    budget.spend(table.columns.length * (1 + state.accepted.length));
    const permitted = permittedAt(state, beside);
    lines.add(permitted, (topic) => {
      const about = permitted.filter((one) => one.topic === topic);
      return textOf(describe(better(string, about))) || of;
    });
  });
  if (!covered || budget.exhausted) return 'budget';
  return prompts ? 'prompt' : undefined;
}

/** Whether one permission is among those of another string, by the same rules at least. */
function isSame(one: Permitted, two: Permitted): boolean {
  return (
    one.topic === two.topic &&
    one.permission === two.permission &&
    one.rules.every((rule) => two.rules.includes(rule))
  );
}

interface FamiliarClass {
  familiar?: (string: string) => readonly string[];
  describe: (string: string) => string;
}

function addCapabilities(lines: Lines, profile: ProfileModel): void {
  for (const name of capabilities) {
    const { decision } = profile.capabilityGrant(name);
    if (decision.granted !== true) continue;
    const strong = reachesHost[name] ?? actsAsOthers[name];
    const note = amountsToRoot[name] ?? strong;
    const topic = amountsToRoot[name]
      ? 'powerful-capability'
      : strong
        ? 'strong-capability'
        : 'capability';
    lines.add([{ topic, permission: name, note, rules: decision.rules }], () => name);
  }
}
