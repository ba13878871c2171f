// What the file rules of a profile allow and deny, as sets of paths.
import { literalPrefix, samplePath } from '../glob/aare.ts';
import { type Automaton, automaton, covers, intersects, matches } from '../glob/automaton.ts';
import type { SeenRule } from '../semantics/seen.ts';
import type { Permissions } from '../syntax/tree.ts';
import type { LintContext, SeenProfile } from './rule.ts';

export type FilePermission = 'read' | 'write' | 'append' | 'link' | 'lock' | 'mmap' | 'exec';
export const filePermissions: readonly FilePermission[] = [
  'read',
  'write',
  'append',
  'link',
  'lock',
  'mmap',
  'exec',
];
export const letters: Readonly<Record<FilePermission, string>> = {
  read: 'r',
  write: 'w',
  append: 'a',
  link: 'l',
  lock: 'k',
  mmap: 'm',
  exec: 'x',
};

/** A file rule with its path expanded. */
export interface FileAccess {
  seen: SeenRule;
  path: string;
  prefix: string;
  permissions: ReadonlySet<FilePermission>;
  /** How a program it lets run is confined, or what a deny rule denies. */
  transition: string;
}

const everything = new Set(filePermissions);
const cache = new WeakMap<SeenProfile, FileAccess[]>();

/** Every file rule of a profile whose path is known. */
export function fileAccess(context: LintContext, profile: SeenProfile): FileAccess[] {
  const known = cache.get(profile);
  if (known) return known;
  const found: FileAccess[] = [];
  for (const seen of profile.rules) {
    const { rule } = seen;
    if (rule.kind === 'file-all') {
      found.push({
        seen,
        path: '/{**,}',
        prefix: '/',
        permissions: everything,
        transition: seen.deny ? 'x' : 'ix',
      });
    } else if (rule.kind === 'file') {
      const path = context.expand(rule.path.value, profile);
      if (path === undefined) continue;
      const { exec } = rule.permissions;
      const target = rule.target?.value ?? '';
      const transition = exec
        ? `${exec.mode}${exec.fallback ?? ''}${exec.safe ? '' : '!'} ${target}`
        : '';
      found.push({
        seen,
        path,
        prefix: literalPrefix(path),
        permissions: permissionSet(rule.permissions),
        transition: transition.trim() === 'i' ? 'ix' : transition,
      });
    }
  }
  cache.set(profile, found);
  return found;
}

function permissionSet(permissions: Permissions): Set<FilePermission> {
  return new Set(filePermissions.filter((one) => permissions[one]));
}

// Patterns repeat from profile to profile and from run to run; what was worked out is kept, up to a bound.
const automata = new Map<string, Automaton | undefined>();
const answers = new Map<string, boolean>();
const kept = 20_000;
/** Longer patterns are not compared. */
const maxPattern = 4000;

function automatonOf(path: string): Automaton | undefined {
  if (!automata.has(path)) {
    if (automata.size >= kept) automata.clear();
    automata.set(path, path.length > maxPattern ? undefined : automaton(path));
  }
  return automata.get(path);
}

/** A question that was answered before costs nothing; one without an answer counts as no. */
function ask(key: string, work: () => boolean | undefined): boolean {
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = work();
  if (answer === undefined) return false;
  if (answers.size >= kept) answers.clear();
  answers.set(key, answer);
  return answer;
}

/** Whether every path of `inner` is one of the paths of `outer`; false when it is not known. */
export function allIn({ effort }: LintContext, inner: string, outer: readonly string[]): boolean {
  if (outer.length === 0) return false;
  if (outer.includes(inner)) return true;
  return ask(`${inner}\0${outer.join('\0')}`, () => {
    if (effort.steps < 0) return undefined;
    const inside = automatonOf(inner);
    const outside = outer.map(automatonOf).filter((one) => one !== undefined);
    if (!inside || outside.length === 0) return undefined;
    // One path of the inner pattern settles most pairs.
    const sample = samplePath(inner);
    const sampled = matches(inside, sample, effort);
    if (sampled && outside.every((one) => matches(one, sample, effort) === false)) return false;
    return covers(outside, inside, effort);
  });
}

/** Whether two patterns have a path in common; false when it is not known. */
export function meet({ effort }: LintContext, a: string, b: string): boolean {
  if (a === b) return true;
  return ask(`${a}\0\0${b}`, () => {
    if (effort.steps < 0) return undefined;
    const left = automatonOf(a);
    const right = automatonOf(b);
    return left && right ? intersects(left, right, effort) : undefined;
  });
}

/** Whether a pattern matches a path; false when it is not known. */
function matchesPath(
  { effort }: LintContext,
  pattern: string,
  prefix: string,
  path: string,
): boolean {
  if (!path.startsWith(prefix)) return false;
  return ask(`${pattern}\0\0\0${path}`, () => {
    const one = effort.steps < 0 ? undefined : automatonOf(pattern);
    return one && matches(one, path, effort);
  });
}

/** Deny rules of one permission whose paths can meet a pattern with this literal start. */
export function denies(
  all: readonly FileAccess[],
  permission: FilePermission,
  prefix: string,
): FileAccess[] {
  return all.filter(
    (one) =>
      one.seen.deny &&
      !one.seen.qualifiers.owner &&
      one.permissions.has(permission) &&
      (one.prefix.startsWith(prefix) || prefix.startsWith(one.prefix)),
  );
}

/** The allow rule that grants a permission on one path, unless a deny rule takes it away. */
export function granted(
  context: LintContext,
  all: readonly FileAccess[],
  path: string,
  permission: FilePermission,
): FileAccess | undefined {
  const hit = (one: FileAccess) =>
    one.permissions.has(permission) && matchesPath(context, one.path, one.prefix, path);
  if (all.some((one) => one.seen.deny && !one.seen.qualifiers.owner && hit(one))) return undefined;
  const allowing = all.filter((one) => !one.seen.deny && hit(one));
  return allowing.find((one) => one.seen.own) ?? allowing[0];
}

/** Rules with priorities are not weighed against each other here. */
export function hasPriorities(profile: SeenProfile): boolean {
  return profile.rules.some((one) => one.qualifiers.priority !== undefined);
}
