// Whether profiles for containers leave the well-known ways out of one open.
import type { Budget } from '../../budget.ts';
import { bytePattern, Matcher, textOf } from '../../glob/matcher.ts';
import { anyBytes } from '../classes/class.ts';
import { remounts } from '../classes/mount.ts';
import { type DecidingRule, describeRule } from '../deciding-rule.ts';
import { type Decision, type UnknownReason, unknownReasons } from '../decision.ts';
import { type Allowed, isKernelPath, walkBeside } from '../difference.ts';
import type { ProfileModel } from '../profile-model.ts';
import type { Grant } from '../table.ts';
import { cgroupMounts, harmlessMounts } from './mounts.ts';
import {
  capabilityWays,
  type FileWay,
  fileWays,
  type MountWay,
  mountWays,
  socketWay,
} from './ways.ts';

/** A way out of a container, and whether a policy closes it. */
export interface WayOut {
  /** Such as `core_pattern`. */
  name: string;
  /** What follows, as a sentence without a capital letter and a full stop. */
  how: string;
  state: 'open' | 'closed' | 'unknown';
  /** The profile that leaves it open, or of which it is not known; undefined if it is closed. */
  profile: string | undefined;
  /** The shortest path on which it is open. */
  example: string | undefined;
  /** Why it is open without a rule, or unknown. */
  note: string | undefined;
  /** The rules that leave it open. */
  rules: readonly DecidingRule[];
}

type Found = Pick<WayOut, 'state' | 'example' | 'note' | 'rules'>;

/** What finding out costs for one profile, apart from its rules. */
const profileSteps = 2_000;

/**
 * Every way out, open if one of the profiles that a container may run in leaves it open. None for a policy whose profiles
 * attach to programs, as those of a host do.
 *
 * @param budget what it may cost; what that does not cover is unknown
 */
export function waysOut(profiles: readonly ProfileModel[], budget: Budget): WayOut[] {
  const containers = profiles.filter((one) => isForContainers(one, profiles));
  if (containers.length === 0) return [];
  const found = containers.map((profile) => [profile.name, waysOf(profile, budget)] as const);
  return allWays.map(({ name, how }) => {
    const each = found.map(([profile, ways]) => ({ profile, ...(ways.get(name) ?? closed) }));
    const { state, ...one } = each.find((way) => way.state === 'open') ??
      each.find((way) => way.state === 'unknown') ?? { ...closed, profile: undefined };
    return { name, how, state, ...one, profile: state === 'closed' ? undefined : one.profile };
  });
}

const allWays: readonly Pick<WayOut, 'name' | 'how'>[] = [
  ...[...fileWays, socketWay, ...mountWays],
  ...capabilityWays,
];

/** Container runtimes start containers in a profile by name, so it attaches to no program; its children are theirs too. */
function isForContainers(profile: ProfileModel, profiles: readonly ProfileModel[]): boolean {
  if (profile.parent === undefined) return profile.attachment === undefined;
  const parent = profiles.find(({ name }) => name === profile.parent);
  return parent !== undefined && isForContainers(parent, profiles);
}

const closed: Found = { state: 'closed', example: undefined, note: undefined, rules: [] };

const unknown = (reason: UnknownReason): Found => ({
  ...closed,
  ...{ state: 'unknown', note: unknownReasons[reason] },
});

/** What a decision makes of a way; undefined if it closes it. */
function stateOf(decision: Decision, example?: string): Found | undefined {
  if (decision.granted === undefined && decision.reason !== 'prompt')
    return unknown(decision.reason);
  // What apparmor_parser adds for change_profile is about the process itself.
  if (decision.granted === false || ('implied' in decision && decision.implied)) return undefined;
  const rules = decision.rules.map(describeRule);
  const mode = 'byMode' in decision ? decision.byMode : undefined;
  const note = mode
    ? `${mode} mode`
    : decision.granted === undefined
      ? unknownReasons.prompt
      : undefined;
  return { state: 'open', example, note, rules: mode ? [] : rules };
}

/** The ways that a profile leaves open, or of which that is not known. */
function waysOf(profile: ProfileModel, budget: Budget): Map<string, Found> {
  const found = new Map<string, Found>();
  const add = (name: string, one: Found | undefined) => {
    if (one && found.get(name)?.state !== 'open') found.set(name, one);
  };
  budget.spend(profileSteps);
  addFiles(profile, budget, add);
  addMounts(profile, budget, add);
  for (const { name } of capabilityWays) add(name, stateOf(profile.capability(name)));
  return found;
}

type Add = (name: string, one: Found | undefined) => void;

const filesOfWays = [...fileWays, socketWay];

/** Tells which ways a path is on; made when first asked for. */
let pathsOfWays: Matcher | undefined;

const letters = { read: ['r'], write: ['w', 'a'] } as const;

function addFiles(profile: ProfileModel, budget: Budget, add: Add): void {
  pathsOfWays ??= Matcher.ofProgram(
    filesOfWays.map(({ path, pattern = path }) => bytePattern(pattern)),
  );
  const about = { of: 'file', patterns: pathsOfWays, allowed: isKernelPath } as const;
  const all = decideAbout(profile, about, budget, ({ accepted, string, decide }) => {
    for (const number of accepted) {
      const { name, permission } = filesOfWays[number] as FileWay;
      for (const letter of letters[permission])
        for (const side of ['others', 'owner'])
          add(name, stateOf(decide(`${side} ${letter}`), textOf(string)));
    }
  });
  for (const { name } of filesOfWays) add(name, all);
}

let kindsOfMounts: Matcher | undefined;

/** No kernel looks up this byte: see `lookedUp`. */
const isLookedUp: Allowed = (byte) => byte !== 0xfe;

function addMounts(profile: ProfileModel, budget: Budget, add: Add): void {
  kindsOfMounts ??= Matcher.ofProgram([cgroupMounts, remounts, harmlessMounts, anyBytes]);
  const about = { of: 'mount', patterns: kindsOfMounts, allowed: isLookedUp } as const;
  const all = decideAbout(profile, about, budget, ({ accepted, decide }) => {
    const [isCgroup, isRemount, isHarmless] = [0, 1, 2].map((one) => accepted.includes(one));
    const name: MountWay = isCgroup ? 'cgroup-mount' : isRemount ? 'remount' : 'mount';
    if (!isHarmless) add(name, stateOf(decide('mount')));
    add('pivot_root', stateOf(decide('pivot_root')));
  });
  for (const { name } of mountWays) add(name, all);
}

/** The strings of a class that matter. */
interface About {
  of: 'file' | 'mount';
  patterns: Matcher;
  allowed: Allowed;
}

/** A string that patterns match, and what the profile decides about it. */
interface Decided {
  /** The numbers of the patterns. */
  accepted: readonly number[];
  string: string;
  /** The decision in a column of the class. */
  decide: (column: string) => Decision;
}

/** Visits all strings that matter, alike ones once; returns what is so about all of them instead, if there is such a thing. */
function decideAbout(
  profile: ProfileModel,
  { of, patterns, allowed }: About,
  budget: Budget,
  visit: (decided: Decided) => void,
): Found | undefined {
  const open = (note: string): Found => ({ ...closed, state: 'open', note });
  if (profile.mode === 'unconfined') return open('unconfined mode');
  if (!profile.mediates(of)) return open(`its abi does not mediate ${of}`);
  const table = profile.table(of);
  if (typeof table === 'string') return unknown(table);
  const ways = { matcher: patterns };
  const covered = walkBeside(ways, table.matcher, allowed, budget, ({ accepted }, its, string) => {
    if (accepted.length === 0) return;
    budget.spend(table.columns.length * (1 + its.accepted.length));
    const grants = table.grants(its);
    const grantOf = (column: string) => grants[table.columns.indexOf(column)] as Grant;
    visit({ accepted, string, decide: (column) => profile.inMode(grantOf(column).decision) });
  });
  return covered && !budget.exhausted ? undefined : unknown('budget');
}
