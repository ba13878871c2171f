// What a comparison of two policies reports: each difference, whether it permits more or less, and both in words.
import { textOf } from '../glob/matcher.ts';
import type { PermissionTable } from './classes/class.ts';
import { permissionTables, type TableClass } from './classes/classes.ts';
import { type DecidingRule, describeRule } from './deciding-rule.ts';
import type { Difference } from './difference.ts';
import type { Grant } from './table.ts';

/** What a difference does to the permissions: `either`, which of both is not known, or both. */
export type Effect = 'more' | 'less' | 'either' | 'same';

/** One way in which two policies differ. */
export interface PolicyDifference {
  profile: string;
  /** The class of permissions, or `profile`, `mode`, `flags` or `attachment`. */
  class: string;
  /** `removed`: only the first permits it; `added`: only the second; `changed`: in another way; `logging`: as before, but
   * its use is logged otherwise. */
  kind: Difference['kind'];
  /** Whether the second permits more or less than the first. */
  effect: Effect;
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

/** A difference about a whole profile, or about a class, flags or a limit of it. */
export function whole(
  profile: string,
  of: string,
  kind: Difference['kind'],
  effect: Effect,
  left = '',
  right = '',
): PolicyDifference {
  return {
    ...{ profile, class: of, kind, effect, permissions: [] },
    ...{ example: undefined, unobservable: false, left, right, leftRules: [], rightRules: [] },
  };
}

/** How the differences of a class are reported. */
interface Reported {
  profile: string;
  class: TableClass;
  /** No kernel asks for what differs. */
  unobservable: boolean;
  /** The profile is in complain mode, in which only what a deny rule keeps out of the log is denied. */
  complains: boolean;
}

/** Differences with the same example as one. */
export function grouped(
  differences: readonly Difference[],
  { profile, class: of, unobservable, complains }: Reported,
): PolicyDifference[] {
  const found = new Map<string, PolicyDifference & { permissions: string[]; string: string }>();
  const pairs = new Set(
    differences
      .filter(({ string }) => string.includes('\0'))
      .map(({ kind, column }) => `${kind} ${column}`),
  );
  for (const difference of differences) {
    const { column, kind, string, left, right } = difference;
    // That a name may be linked at all is said with what it may be linked to.
    if (of === 'file' && pairs.has(`${kind} ${column}`) && !string.includes('\0')) continue;
    const effect = unobservable ? 'same' : effectOf(difference, complains);
    const sides = [described(left, kind, column), described(right, kind, column)];
    const key = [kind, effect, string, ...sides].join('\0\0');
    const known = found.get(key);
    if (known) {
      // A familiar example may stand for several found ones.
      if (!known.permissions.includes(column)) known.permissions.push(column);
    } else
      found.set(key, {
        ...{ profile, class: of, kind, effect, permissions: [column], unobservable },
        ...{ example: undefined, string },
        ...{ left: sides[0] as string, right: sides[1] as string },
        ...{ leftRules: rulesOf(left), rightRules: rulesOf(right) },
      });
  }
  return [...found.values()].map(({ string, ...one }) => ({
    ...one,
    example: exampleOf(of, string, one.permissions),
  }));
}

/** Whether a difference permits more or less; in complain mode, a deny rule without `audit` is all that denies. */
export function effectOf({ column, kind, left, right }: Difference, complains: boolean): Effect {
  switch (kind) {
    case 'added':
      return 'more';
    case 'removed':
      return 'less';
    case 'changed':
      // Of a link: with any target, or only with one that permits as much. Exec transitions have no order.
      if (!column.endsWith(' l')) return 'either';
      return left.how === '' ? 'less' : 'more';
    case 'logging': {
      const [before, after] = [left.logging === 'quiet', right.logging === 'quiet'];
      if (!complains || before === after) return 'same';
      return before ? 'more' : 'less';
    }
  }
}

export const rulesOf = ({ decision }: Grant) => decision.rules.map(describeRule);

function exampleOf(of: TableClass, string: string, permissions: readonly string[]): string {
  if (of !== 'file')
    return textOf((permissionTables[of] as PermissionTable).describe(string, permissions));
  return textOf(string).replace('\0', ' to ');
}

/** How a difference of this kind is granted on one side. */
export function described(
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

/** A difference in one line, such as `+ owner w: /etc/web/a`. */
export function describeDifference(
  one: Omit<PolicyDifference, 'profile' | 'effect' | 'leftRules' | 'rightRules'>,
): string {
  const what = [joinPermissions(one.permissions), one.example].filter(Boolean).join(': ');
  if (one.class === 'profile') {
    const mode = one.left || one.right;
    return `${signs[one.kind]} ${what}${mode === 'enforce' ? '' : `, in ${mode} mode`}`;
  }
  const plain = one.left === 'denied' || one.right === 'denied';
  const how = plain
    ? [one.left, one.right].filter((text) => text !== 'denied' && text !== 'granted').join('')
    : `${one.left || 'none'} -> ${one.right || 'none'}`;
  const never = one.unobservable ? ' (no program can ask for this)' : '';
  return `${signs[one.kind]} ${what}${how === '' ? '' : `${what === '' ? '' : ', '}${how}`}${never}`;
}

const signs = { removed: '-', added: '+', changed: '~', logging: '~' } as const;

/** `owner r` and `others r` are `r`; what only the owner has is said so. */
export function joinPermissions(permissions: readonly string[]): string {
  const words = permissions.flatMap((one) => {
    const [side, permission] = one.split(' ');
    if (permission === undefined) return [one];
    const other = `${side === 'owner' ? 'others' : 'owner'} ${permission}`;
    if (!permissions.includes(other)) return [one];
    return side === 'owner' ? [permission] : [];
  });
  return words.join(', ');
}
