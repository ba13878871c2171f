// Mounting, unmounting and changing the root: the mount point, the source, the file system's type and the flags.
import type { Pattern } from '../../glob/aare.ts';
import { bytePattern } from '../../glob/matcher.ts';
import { compareReleases, type Release } from '../../release.ts';
import { conditionValue, type KeywordRule } from '../../rules/keyword-rule.ts';
import type { EffectiveRule } from '../effective-rule.ts';
import type { TextScope } from '../expansion.ts';
import type { TableEntry } from '../table.ts';
import {
  anyText,
  byte,
  choice,
  fields,
  type NoEntries,
  nothing,
  type PermissionTable,
  sequence,
  splitFields,
  Texts,
} from './class.ts';

const permissions = ['mount', 'umount', 'pivot_root'] as const;
const prefix = 7;

/** The bits of mount(2) that options set, and those that they say are not set. */
const bit = {
  ...{ ro: 1, nosuid: 2, nodev: 4, noexec: 8, sync: 16, remount: 32, mand: 64, dirsync: 128 },
  ...{ nosymfollow: 1 << 8, noatime: 1 << 10, nodiratime: 1 << 11, bind: 1 << 12, move: 1 << 13 },
  ...{ rec: 1 << 14, silent: 1 << 15, acl: 1 << 16, unbindable: 1 << 17, private: 1 << 18 },
  ...{ slave: 1 << 19, shared: 1 << 20, relatime: 1 << 21, iversion: 1 << 23 },
  ...{ strictatime: 1 << 24, lazytime: 1 << 25, nouser: 1 << 31 },
} as const;

const recursive = (one: number) => one | bit.rec;

interface Option {
  set: number;
  clear: number;
}

const optionList: readonly (readonly [string, number, number])[] = [
  ...(['ro', 'r', 'read-only'] as const).map((name) => [name, bit.ro, 0] as const),
  ...(['rw', 'w'] as const).map((name) => [name, 0, bit.ro] as const),
  ...[['suid', 0, bit.nosuid] as const, ['nosuid', bit.nosuid, 0] as const],
  ...[['dev', 0, bit.nodev] as const, ['nodev', bit.nodev, 0] as const],
  ...[['exec', 0, bit.noexec] as const, ['noexec', bit.noexec, 0] as const],
  ...[['sync', bit.sync, 0] as const, ['async', 0, bit.sync] as const],
  ...[['mand', bit.mand, 0] as const, ['nomand', 0, bit.mand] as const],
  ...[['atime', 0, bit.noatime] as const, ['noatime', bit.noatime, 0] as const],
  ...[['diratime', 0, bit.nodiratime] as const, ['nodiratime', bit.nodiratime, 0] as const],
  ...[['silent', bit.silent, 0] as const, ['verbose', bit.silent, 0] as const],
  ...[
    ['loud', 0, bit.silent] as const,
    ['acl', bit.acl, 0] as const,
    ['noacl', 0, bit.acl] as const,
  ],
  ...[['remount', bit.remount, 0] as const, ['dirsync', bit.dirsync, 0] as const],
  ...(['bind', 'B'] as const).map((name) => [name, bit.bind, 0] as const),
  ...(['rbind', 'R'] as const).map((name) => [name, recursive(bit.bind), 0] as const),
  ...(['move', 'M'] as const).map((name) => [name, bit.move, 0] as const),
  ...(['unbindable', 'private', 'slave', 'shared'] as const).flatMap((name) => [
    ...[`${name}`, `make-${name}`].map((one) => [one, bit[name], 0] as const),
    ...[`r${name}`, `make-r${name}`].map((one) => [one, recursive(bit[name]), 0] as const),
  ]),
  ...[['relatime', bit.relatime, 0] as const, ['norelatime', 0, bit.relatime] as const],
  ...[['iversion', bit.iversion, 0] as const, ['noiversion', 0, bit.iversion] as const],
  ...[['strictatime', bit.strictatime, 0] as const, ['nostrictatime', 0, bit.strictatime] as const],
  ...[['lazytime', bit.lazytime, 0] as const, ['nolazytime', 0, bit.lazytime] as const],
  ...[['symfollow', 0, bit.nosymfollow] as const, ['nosymfollow', bit.nosymfollow, 0] as const],
  ...[['user', 0, bit.nouser] as const, ['nouser', bit.nouser, 0] as const],
];
const options: ReadonlyMap<string, Option> = new Map(
  optionList.map(([name, set, clear]) => [name, { set, clear }]),
);

/** The releases until which apparmor_parser ignores an option (measured with 3.0.8, 4.1.0 and 5.0.2). */
const ignoredUntil: Readonly<Record<string, Release>> = { norelatime: '4.1', noiversion: '3.0' };

const propagation = bit.unbindable | bit.private | bit.slave | bit.shared | bit.rec;
const binding = bit.bind | bit.rec;
const commands = bit.move | bit.remount | binding | propagation;
/** What a new mount has and a change of propagation has not. */
const ofMounts =
  bit.nosuid |
  bit.noexec |
  bit.nodev |
  bit.noatime |
  bit.nodiratime |
  bit.relatime |
  bit.strictatime;

/** The flags that a release's parser knows, but for `nouser`: `options=(user)` stands for none of them. */
function everyFlag(fixed: boolean): number {
  const late = fixed ? bit.nosymfollow | bit.lazytime : 0;
  const all = Object.values(bit).reduce((sum, one) => sum | one, 0);
  return (all & ~bit.nouser & ~(bit.nosymfollow | bit.lazytime)) | late;
}

export const mount: PermissionTable = {
  keyword: 'mount',
  prefix,
  permissions,
  entries(effective, scope) {
    const { rule } = effective;
    if (rule.kind === 'all') {
      const point = sequence(byte(prefix), anyText);
      const entry = (pattern: Pattern, permission: string): TableEntry => ({
        ...{ effective, pattern, permissions: new Set([permission]) },
      });
      const any = { device: undefined, point: undefined, type: undefined, remounts: false };
      return [
        // As `mount,`: a request with a flag that apparmor_parser does not know is refused.
        ...fixedMounts(any, [], []).map((pattern) => entry(pattern, 'mount')),
        entry(point, 'umount'),
        entry(fields(point, anyText), 'pivot_root'),
      ];
    }
    const texts = new Texts(scope);
    if (rule.kind === 'pivot_root') {
      const pattern = fields(
        sequence(byte(prefix), texts.path(rule.words[0])),
        texts.path(conditionValue(rule, 'oldroot')),
      );
      if (texts.failed) return 'variables';
      return [{ effective, pattern, permissions: new Set(['pivot_root']) }];
    }
    if (rule.kind !== 'mount') return [];
    if (rule.keyword.value === 'umount') {
      const pattern = sequence(byte(prefix), texts.path(rule.words[0]));
      if (texts.failed) return 'variables';
      return [{ effective, pattern, permissions: new Set(['umount']) }];
    }
    return mountEntries(effective, rule, scope);
  },
  familiar(string) {
    const [point = '', ...rest] = splitFields(string.slice(1), 2);
    return point === '' ? [[`${String.fromCharCode(prefix)}/mnt`, ...rest].join('\0')] : [];
  },
  describe(string) {
    const [point, source, type, flags = ''] = splitFields(string.slice(1), 4);
    const set = [...flags].flatMap((one) => flagName(one.charCodeAt(0)) ?? []);
    return [
      `mount point ${point}`,
      ...(source ? [`source ${source}`] : []),
      ...(type ? [`type ${type}`] : []),
      ...(set.length > 0 ? [`options ${set.join(' ')}`] : []),
    ].join(', ');
  },
};

function flagName(code: number): string | undefined {
  const mask = 1 << (code - 1);
  return Object.entries(bit).find(([, one]) => one === mask)?.[0];
}

/** How mount(2) flags are looked up: the number of each bit that is set, from 1, in order. */
export function flagString(names: readonly string[]): string {
  const flags = names.reduce((sum, name) => sum | (options.get(name)?.set ?? 0), 0);
  let found = '';
  for (let i = 0; i < 32; i++) if (flags & (1 << i)) found += String.fromCharCode(i + 1);
  return found;
}

/** Whether mount rules know an option. */
export const isMountOption = (name: string): boolean => options.has(name);

/** What the kernel looks up for a mount; to unmount, it is the mount point alone. */
export function mountString(
  point: string,
  source?: string,
  type?: string,
  flags?: readonly string[],
): string {
  const start = String.fromCharCode(prefix) + point;
  if (source === undefined) return start;
  if (flags === undefined) return `${start}\0${source}`;
  return `${start}\0${source}\0${type ?? ''}\0${flagString(flags)}`;
}

/** The strings of all mounts of new file systems of these types. */
export function mountsOfTypes(types: readonly string[]): Pattern {
  const every = everyFlag(true);
  const flags = every & ~commands;
  const type = choice(...types.map((one) => bytePattern(one)));
  return mountPattern(undefined, undefined, type, flagsPattern(flags, flags, every));
}

/** The strings of all remounts. */
export const remounts: Pattern = mountPattern(
  undefined,
  undefined,
  undefined,
  sequence(anyText, byte(6), anyText),
);

/** A pattern for flags, some of which may be there or not. */
function flagsPattern(set: number, optional: number, every: number): Pattern {
  if (set === every) return anyText;
  const items: Pattern[] = [];
  for (let i = 0; i < 32; i++) {
    const one = byte(i + 1);
    if (optional & (1 << i)) items.push(choice(one, nothing));
    else if (set & (1 << i)) items.push(one);
  }
  return items.length > 0 ? sequence(...items) : choice(byte(0xfe), nothing);
}

function mountEntries(
  effective: EffectiveRule,
  rule: KeywordRule,
  scope: TextScope,
): TableEntry[] | NoEntries {
  const texts = new Texts(scope);
  const remounts = rule.keyword.value === 'remount';
  const [source] = rule.words;
  const detached = source?.value === 'detached' && !source.quoted;
  const device = remounts || !source ? undefined : detached ? nothing : texts.path(source);
  const pointWord = remounts ? source : rule.target;
  const point = pointWord && texts.path(pointWord);
  const type = rule.conditions
    .filter(({ name }) => /^v?fstype$/.test(name.value))
    .flatMap(({ values }) => values.map((value) => texts.pattern(value)));
  if (texts.failed) return 'variables';
  const parts: MountRule = {
    ...{ device, point, remounts },
    type: type.length > 0 ? choice(...type) : undefined,
  };
  // Point releases before 3.0.10, such as 3.0.8 of Debian 12, stand for 3.0 here: they permit more.
  const fixed = compareReleases(scope.release, '3.0') > 0;
  const conditions = rule.conditions.filter(({ name }) => /^options?$/.test(name.value));
  const flagsOf = (values: readonly { value: string }[]): Option =>
    values.reduce(
      (sum, { value }) => {
        const one = options.get(value) ?? { set: 0, clear: 0 };
        const until = ignoredUntil[value];
        const ignored = until !== undefined && compareReleases(scope.release, until) <= 0;
        return { set: sum.set | one.set, clear: sum.clear | (ignored ? 0 : one.clear) };
      },
      { set: 0, clear: 0 },
    );
  const exact = conditions
    .filter(({ operator }) => operator !== 'in')
    .map((one) => flagsOf(one.values));
  const any = conditions
    .filter(({ operator }) => operator === 'in')
    .map((one) => flagsOf(one.values));
  const patterns = fixed ? fixedMounts(parts, exact, any) : earlierMounts(parts, exact, any);
  return patterns.map((pattern) => ({ effective, pattern, permissions: new Set(['mount']) }));
}

interface MountRule {
  device: Pattern | undefined;
  point: Pattern | undefined;
  type: Pattern | undefined;
  remounts: boolean;
}

function mountPattern(
  point: Pattern | undefined,
  device: Pattern | undefined,
  type: Pattern | undefined,
  flags: Pattern,
): Pattern {
  const start = sequence(byte(prefix), point ?? anyText);
  return fields(start, device ?? anyText, type ?? anyText, flags);
}

/** Rules as they are compiled before CVE-2016-1585 was fixed: one for each command that the options name, and more. */
function earlierMounts(
  { device, point, type, remounts }: MountRule,
  exact: readonly Option[],
  any: readonly Option[],
): Pattern[] {
  const every = everyFlag(false);
  const sum = (all: readonly Option[]) =>
    all.reduce((one, two) => ({ set: one.set | two.set, clear: one.clear | two.clear }), {
      ...{ set: 0, clear: 0 },
    });
  let { set, clear } = sum(exact);
  if (any.length > 0) {
    const free = sum(any);
    const both = free.set | free.clear;
    set |= both;
    // What may be set or not is in both.
    clear |= free.clear | both;
  }
  if (remounts) {
    set |= bit.remount;
    clear = 0;
  } else if ((set | clear) === 0) {
    set = every;
    clear = every;
  }
  const found: Pattern[] = [];
  const add = (flags: number, from: Pattern | undefined, of: Pattern | undefined) => {
    // Where all flags may be there or not, none is left out.
    const wanted = set === every && clear === every ? every : set & flags;
    found.push(mountPattern(point, from, of, flagsPattern(wanted, wanted & clear, every)));
  };
  const ofRemount = every & ~(commands & ~bit.remount & ~binding);
  if (set & bit.remount && !device && !type) add(ofRemount, undefined, undefined);
  if (set & bit.bind && !type) add(binding, device, undefined);
  if (set & (propagation & ~bit.rec) && !device && !type)
    add(propagation | (every & ~ofMounts), undefined, undefined);
  if (set & bit.move && !type) add(bit.move, device, undefined);
  if ((set | clear) & ~commands) {
    const flags = set === every ? set : set & ~commands;
    const optional = clear === every ? clear : clear & ~commands;
    found.push(mountPattern(point, device, type, flagsPattern(flags, flags & optional, every)));
  }
  return found;
}

/** Rules as they are compiled since: one for the first command that the options name. */
function fixedMounts(rule: MountRule, exact: readonly Option[], any: readonly Option[]): Pattern[] {
  const every = everyFlag(true);
  const ofRemount = every & ~bit.move;
  const required = exact.map(({ set }) => (rule.remounts ? set | bit.remount : set));
  const optional = any.map(({ set, clear }) => set | clear);
  if (required.length + optional.length === 0) {
    required.push(rule.remounts ? bit.remount : every);
    optional.push(rule.remounts ? ofRemount & ~bit.remount : every);
  } else if (required.length === 0) required.push(rule.remounts ? bit.remount : 0);
  else if (optional.length === 0) optional.push(0);
  return required.flatMap((set) => optional.flatMap((free) => mendedMount(rule, set, free, every)));
}

function mendedMount(
  { device, point, type }: MountRule,
  set: number,
  free: number,
  every: number,
): Pattern[] {
  const ofMove = bit.move;
  const ofMake = every & ~ofMounts;
  const pattern = (
    mask: number,
    from: Pattern | undefined,
    of: Pattern | undefined,
    at: Pattern | undefined = point,
  ) => mountPattern(at, from, of, flagsPattern(set & mask, free & mask, every));
  const remount = () => pattern(every & ~ofMove, undefined, undefined, point ?? device);
  const bind = () => pattern(binding, device, undefined);
  const make = () => pattern(ofMake, undefined, undefined, point ?? device);
  const move = () => pattern(ofMove, device, undefined);
  const fresh = () => pattern(every & ~commands, device, type);
  const aboutPoint = (!device || !point) && !type;
  if (set === 0 || set === every) {
    return [
      ...(!device && !type ? [remount()] : []),
      ...(!type ? [bind()] : []),
      ...(aboutPoint ? [make()] : []),
      ...(!type ? [move()] : []),
      fresh(),
    ];
  }
  if (set & bit.remount && !device && !type) return [remount()];
  if (set & bit.bind && !type) return [bind()];
  if (set & propagation && aboutPoint) return [make()];
  if (set & bit.move && !type) return [move()];
  return (set | free) & ~commands ? [fresh()] : [];
}
