// Mounting and unmounting (apparmor.d(5), "Mount Rules").
import { quoted } from '../glob/literal.ts';
import { nearest } from '../syntax/names.ts';
import type { Condition } from '../syntax/nodes.ts';
import type { Report } from '../syntax/report.ts';
import { type KeywordRule, keywordRule } from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import { words } from './record.ts';
import { bracketed, isAbsolute, isMatchable, matching } from './rule-text.ts';

export type MountRule = KeywordRule<'mount'>;

/** To mount, to move or bind a mount, or to change one. */
export interface MountAccess {
  kind: 'mount';
  /** `rw` and other options that only negate one are optional. */
  flags: readonly string[];
  source?: string | undefined;
  target: string;
  fstype?: string | undefined;
}

/** To unmount. */
export interface UmountAccess {
  kind: 'umount';
  target: string;
}

/** Mount options that undo each other: with `=` a rule cannot ask for both. */
const opposites: readonly (readonly [string, string])[] = [
  ['ro', 'rw'],
  ['suid', 'nosuid'],
  ['dev', 'nodev'],
  ['exec', 'noexec'],
  ['sync', 'async'],
  ['mand', 'nomand'],
  ['symfollow', 'nosymfollow'],
  ['atime', 'noatime'],
  ['diratime', 'nodiratime'],
  ['silent', 'loud'],
  ['relatime', 'norelatime'],
  ['iversion', 'noiversion'],
  ['strictatime', 'nostrictatime'],
  ['lazytime', 'nolazytime'],
  ['user', 'nouser'],
  ['acl', 'noacl'],
];
const synonyms: Readonly<Record<string, string>> = {
  r: 'ro',
  'read-only': 'ro',
  w: 'rw',
  B: 'bind',
  R: 'rbind',
  M: 'move',
  verbose: 'silent',
  'make-unbindable': 'unbindable',
  'make-runbindable': 'runbindable',
  'make-private': 'private',
  'make-rprivate': 'rprivate',
  'make-slave': 'slave',
  'make-rslave': 'rslave',
  'make-shared': 'shared',
  'make-rshared': 'rshared',
};
/** They change an existing mount point, so there is no source. */
const propagation = new Set([
  'unbindable',
  'runbindable',
  'private',
  'rprivate',
  'slave',
  'rslave',
  'shared',
  'rshared',
]);
/** The operations of mount(2) other than a new mount. */
type MountCommand = 'remount' | 'bind' | 'propagation' | 'move';

/**
 * The commands that options name, in the order in which apparmor_parser 4 takes one rule for the first of them that it
 * names. `remount` and `bind` together remount one mount point of a file system.
 */
function mountCommands(options: Iterable<string>): MountCommand[] {
  const names = new Set([...options].map(optionName));
  const commands: MountCommand[] = [];
  if (names.has('remount')) commands.push('remount');
  if (names.has('bind') || names.has('rbind')) commands.push('bind');
  if ([...propagation].some((name) => names.has(name))) commands.push('propagation');
  if (names.has('move')) commands.push('move');
  return commands;
}

/** The options that go with a command: of others apparmor_parser makes no part of the rule for it. */
function optionsOf(command: MountCommand | undefined, options: Iterable<string>): string[] {
  return [...options].map(optionName).filter((name) => {
    if (noOption.has(name)) return false;
    switch (command) {
      case 'bind':
        return name === 'bind' || name === 'rbind';
      case 'propagation':
        return propagation.has(name) || name === 'silent' || name === 'ro';
      case 'move':
        return name === 'move';
      case 'remount':
        return !propagation.has(name) && name !== 'move';
      default:
        return !isCommandOption(name);
    }
  });
}

/** Whether a condition is about options, under either name. */
const isOptions = (one: Condition) => /^options?$/.test(one.name.value);
/** Whether a condition is about the type of a file system, under either name. */
const isType = (one: Condition) => /^v?fstype$/.test(one.name.value);

const commandWords: ReadonlySet<string> = new Set(['remount', 'bind', 'rbind', 'move']);

/** Whether an option names a command, and says nothing about how a file system is mounted. */
function isCommandOption(option: string): boolean {
  const name = optionName(option);
  return commandWords.has(name) || propagation.has(name);
}

const mountOptions: readonly string[] = [
  ...opposites.flat(),
  'dirsync',
  'remount',
  'bind',
  'rbind',
  'move',
  ...propagation,
  ...Object.keys(synonyms),
];
/** The name of an option that has several. */
function optionName(option: string): string {
  return synonyms[option] ?? option;
}

/** Options that only negate another one: they have no bit in mount(2). */
const noOption: ReadonlySet<string> = new Set([
  ...['rw', 'suid', 'dev', 'exec', 'async', 'nomand', 'symfollow', 'atime', 'diratime', 'loud'],
  ...['norelatime', 'noiversion', 'nostrictatime', 'nolazytime', 'user', 'noacl'],
]);
const known = new Set(mountOptions);
/** Options that came with 4.0 and with the last point releases before it. */
const older = { backported: ['2.13', '3.0', '3.1'] } as const;
const late = new Set(['nostrictatime', 'lazytime', 'nolazytime', 'symfollow', 'nosymfollow']);

const syntax = keywordRule({
  kind: 'mount',
  keywords: ['mount', 'umount', 'remount', 'unmount'],
  joinsReturn: true,
  conditions: ['options', 'option', 'fstype', 'vfstype'],
  in: ['options', 'option', 'fstype', 'vfstype'],
  repeatable: ['options', 'option', 'fstype', 'vfstype'],
  lists: ['options', 'option', 'fstype', 'vfstype'],
  plain: ['options', 'option'],
  known: { values: { options: mountOptions, option: mountOptions } },
  paths: true,
  words: 2,
  wordsLast: true,
  arrow: true,
  check(rule, report) {
    const [first, second] = rule.words;
    if (second && first?.value !== 'detached') {
      report('syntax', second, 'A mount rule has one source.', {
        expected: '`->` before the mount point, or a comma',
      });
    }
    if (rule.keyword.value !== 'mount' && rule.arrow) {
      report(
        'mount-rule',
        rule.arrow,
        `${rule.keyword.value} takes a mount point only, not a source.`,
        { expected: 'a comma' },
      );
    }
    for (const one of rule.conditions) {
      if (!isOptions(one)) continue;
      const given = new Map<string, string>();
      for (const value of one.values) {
        if (!known.has(value.value)) {
          const parts = value.value.split(',');
          const list = parts.length > 1 && parts.every((part) => known.has(part));
          const suggestion = list
            ? `${one.name.value}=(${parts.join(', ')})`
            : nearest(value.value, mountOptions);
          report(
            'mount-options',
            value,
            list ? 'Several options need brackets.' : `Unknown mount option "${value.value}".`,
            {
              expected: 'mount options such as ro, nosuid or bind; several of them in brackets',
              ...(suggestion && { suggestion }),
            },
          );
        }
        given.set(optionName(value.value), value.value);
      }
      if (one.operator === '=') {
        for (const [a, b] of opposites) {
          if (given.has(a) && given.has(b)) {
            report(
              'mount-options',
              one,
              `A mount can't be both ${given.get(a)} and ${given.get(b)}.`,
              {
                expected: `one of the two, or \`${one.name.value} in (${a}, ${b})\` for either`,
              },
            );
          }
        }
      }
    }
    checkCommand(rule, report);
  },
});

export const mount: RuleKind<MountRule, MountAccess | UmountAccess> = {
  ...syntax,
  /** `unmount` is another name for the same. */
  parse(cursor, head) {
    if (head.keyword.value === 'unmount') head.keyword.value = 'umount';
    return syntax.parse(cursor, head);
  },
  requirements(rule, need) {
    for (const one of rule.conditions) {
      for (const value of one.values) {
        if (late.has(value.value)) need('4.0', `the mount option ${value.value}`, value, older);
      }
    }
  },
  class: 'mount',
  permissions: ({ keyword }) => (keyword.value === 'umount' ? ['umount'] : ['mount']),
  accesses: ['mount', 'umount'],
  narrowest(access, pattern) {
    if (!isAbsolute(access.target) || !isMatchable(access.target)) return undefined;
    const target = quoted(pattern(access.target));
    if (access.kind === 'umount') return ['umount', target];
    if (!access.flags.every(isOptionName) || !isOneMount(access)) return undefined;
    if (!isMatchable(access.source)) return undefined;
    const [command] = mountCommands(access.flags);
    const flags = access.flags.filter(
      (one) =>
        one !== 'remount' &&
        // Beside a command, apparmor_parser 3 takes `rw` for a new mount, of any source, that is allowed as well.
        (command === undefined || command === 'remount' || !noOption.has(one)),
    );
    const options = flags.length > 0 ? [`options=${bracketed(flags)}`] : [];
    if (command === 'remount') return ['remount', ...options, target];
    // Without options a rule would allow all of them; `rw` stands for no option.
    return [
      ...['mount', ...(flags.length > 0 ? options : ['options=(rw)'])],
      ...matching('fstype', access.fstype, pattern),
      ...(access.source === undefined ? [] : [quoted(pattern(access.source))]),
      ...['->', target],
    ];
  },
  operations: /^u?mount$/,
  requested({ operation, field }) {
    const target = field('name');
    if (target === undefined) return undefined;
    if (operation === 'umount') return { kind: 'umount', target };
    const flags = words(field('flags'));
    return { kind: 'mount', flags, source: field('srcname'), target, fstype: field('fstype') };
  },
  required(access) {
    if (access.kind === 'umount') return [['name']];
    const [command] = mountCommands(access.flags);
    if (command === 'bind' || command === 'move') return [['name'], ['srcname']];
    return command === undefined ? [['name'], ['srcname'], ['fstype']] : [['name']];
  },
  describe(access) {
    if (access.kind === 'umount') return `unmount what is mounted at ${access.target}`;
    const { source, target, fstype, flags } = access;
    if (flags.includes('remount')) return `change the mount at ${target} to ${flags.join(', ')}`;
    const what = [fstype, source].filter((one) => one !== undefined).join(' from ');
    return `mount ${what === '' ? '' : `${what} `}at ${target} with exactly these options: ${flags.join(', ') || 'rw'}`;
  },
};

/** Whether an option is written out, as in requests. */
function isOptionName(option: string): boolean {
  return known.has(option) && optionName(option) === option;
}

/** Whether one mount can have these flags: one command at most, and nothing that does not go with it. */
function isOneMount({ flags, source, fstype }: MountAccess): boolean {
  const [command, ...more] = mountCommands(flags);
  // Only one mount point is remounted: its file system stays as it is.
  const isOne = more.length === 0 || (command === 'remount' && more.join() === 'bind');
  if (command === undefined) return true;
  if (fstype !== undefined) return false;
  if (source !== undefined && (command === 'remount' || command === 'propagation')) return false;
  const goesWith = (flag: string) => noOption.has(flag) || optionsOf(command, [flag]).length > 0;
  return isOne && flags.every(goesWith);
}

/** Reports a rule that no mount matches: apparmor_parser fails on it with "Encoding of mount rule failed". */
function checkCommand(rule: MountRule, report: Report): void {
  if (rule.keyword.value === 'umount' || matchesSomeMount(rule)) return;
  const option = rule.conditions
    .filter(isOptions)
    .filter((one) => one.operator === '=')
    .flatMap((one) => one.values)
    .find(({ value }) => isCommandOption(value));
  const type = rule.conditions.find(isType);
  const name = option?.value ?? 'remount';
  if (type) {
    report('mount-rule', type, `\`${name}\` does not mount a new file system, it has no type.`, {
      expected: `no ${type.name.value}=`,
    });
    return;
  }
  const source = rule.words[0];
  report(
    'mount-rule',
    source ?? rule.keyword,
    `\`${name}\` changes a mount point that is already there, it has no source.`,
    { expected: `only the mount point: mount options=(${name}) ${rule.target?.text ?? '/path/'},` },
  );
}

/** Whether apparmor_parser finds a mount that a rule could be about (`gen_flag_rules` of its mount.cc, since 2.13.9). */
function matchesSomeMount(rule: MountRule): boolean {
  const optionsWith = (operator: string) =>
    rule.conditions
      .filter((one) => isOptions(one) && one.operator === operator)
      .map((one) => one.values.map(({ value }) => optionName(value)));
  const type = rule.conditions.some(isType);
  const device = rule.words.length > 0 && rule.keyword.value === 'mount';
  const optional = optionsWith('in');
  const given = optionsWith('=').map((names) => names.filter((name) => !noOption.has(name)));
  if (rule.keyword.value === 'remount') {
    if (given.length === 0) {
      if (optional.length === 0) return true;
      given.push([]);
    }
    for (const names of given) names.push('remount');
  }
  if (given.length === 0 || given.some((names) => names.length === 0)) return true;
  if (optional.flat().some((name) => !isCommandOption(name))) return true;
  return given.flat().some((name) => {
    if (!isCommandOption(name)) return true;
    if (type) return false;
    if (name === 'remount') return !device;
    return !propagation.has(name) || !device || rule.target === undefined;
  });
}
