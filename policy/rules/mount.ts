// Mounting and unmounting (apparmor.d(5), "Mount Rules").
import { quoted } from '../glob/literal.ts';
import { nearest } from '../syntax/names.ts';
import type { Word } from '../syntax/nodes.ts';
import type { Report } from '../syntax/report.ts';
import { type KeywordRule, keywordRule } from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import { every, type Match, matchesPattern, matchesWord, type Scope } from './matching.ts';
import { words } from './record.ts';
import { bracketed, isAbsolute, matching } from './rule-text.ts';

export type MountRule = KeywordRule<'mount'>;

/** To mount, to move or bind a mount, or to change one. */
export interface MountAccess {
  kind: 'mount';
  /** `rw` and the other options that say "not so" may be there or not. */
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
/** They change a mount point that exists, so there is nothing to mount from. */
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

/** Options that only say that another is not set: no bit of mount(2) stands for them. */
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
      if (!one.name.value.startsWith('option')) continue;
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
            list ? 'Several options need brackets.' : `There is no mount option "${value.value}".`,
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
              `A mount cannot be ${given.get(a)} and ${given.get(b)} at once.`,
              {
                expected: `one of the two, or \`${one.name.value} in (${a}, ${b})\` for either`,
              },
            );
          }
        }
      }
    }
    checkSource(rule, report);
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
  decides: ['mount', 'umount'],
  applies(rule, access, _, scope) {
    const unmounts = rule.keyword.value === 'umount';
    if (access.kind === 'mount') return !unmounts && matchesMount(scope, rule, access);
    return unmounts && matchesWord(scope, rule.target ?? rule.words[0], access.target);
  },
  narrowest(access, pattern) {
    if (!isAbsolute(access.target)) return undefined;
    const target = quoted(pattern(access.target));
    if (access.kind === 'umount') return ['umount', target];
    if (!access.flags.every((flag) => known.has(flag))) return undefined;
    const flags = access.flags.filter((one) => one !== 'remount');
    const options = flags.length > 0 ? [`options=${bracketed(flags)}`] : [];
    if (access.flags.includes('remount')) return ['remount', ...options, target];
    // Without options a rule would allow all of them; `rw` stands for none.
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
    const { flags } = access;
    if (flags.some((flag) => withSource.has(flag))) return [['name'], ['srcname']];
    return flags.some((flag) => alone.has(flag)) ? [['name']] : [['name'], ['srcname'], ['fstype']];
  },
  describe(access) {
    if (access.kind === 'umount') return `unmount what is mounted at ${access.target}`;
    const { source, target, fstype, flags } = access;
    if (flags.includes('remount')) return `change the mount at ${target} to ${flags.join(', ')}`;
    const what = [fstype, source].filter((one) => one !== undefined).join(' from ');
    return `mount ${what === '' ? '' : `${what} `}at ${target} with exactly these options: ${flags.join(', ') || 'rw'}`;
  },
};

/** Flags of mount(2) with which a source is named and no type, and those with which neither is. */
const withSource = new Set(['bind', 'rbind', 'move']);
const alone = new Set(['remount', ...propagation]);

function matchesMount(scope: Scope, rule: MountRule, access: MountAccess): Match {
  const bits = (names: readonly string[]) =>
    new Set(names.map(optionName).filter((name) => !noOption.has(name)));
  const requested = bits(access.flags);
  const remount = rule.keyword.value === 'remount';
  if (remount && !requested.has('remount')) return false;
  const options = rule.conditions.filter((one) => /^options?$/.test(one.name.value));
  const optionsMatch = options.some((one) => {
    const named = bits(one.values.map((word) => word.value));
    if (remount) named.add('remount');
    const within = [...requested].every((name) => named.has(name));
    return within && (one.operator === 'in' || requested.size === named.size);
  });
  const source = rule.words.find((word) => word.value !== 'detached');
  // Without an arrow, a rule for what has no source may name the mount point alone; apparmor_parser 3.0 reads a source.
  const alone = source && !rule.target && !remount && access.source === undefined;
  const types = rule.conditions.filter((one) => /^v?fstype$/.test(one.name.value));
  const matches = (word: Word | undefined, text: string | undefined): Match =>
    word === undefined || matchesPattern(scope, word.value, text ?? '');
  const matchesType = types
    .flatMap((one) => one.values)
    .map((word) => matches(word, access.fstype))
    .reduce<Match>((one, two) => one || two || (one === undefined ? one : two), false);
  return every(
    options.length === 0 || optionsMatch,
    types.length === 0 || matchesType,
    alone
      ? every(matches(source, access.target), undefined)
      : remount || matches(source, access.source),
    matches(remount ? (rule.target ?? source) : rule.target, access.target),
  );
}

function checkSource(rule: MountRule, report: Report): void {
  const source = rule.words[0];
  if (rule.keyword.value !== 'mount' || !source || !rule.arrow || source.value === '') return;
  for (const one of rule.conditions) {
    if (!one.name.value.startsWith('option') || one.operator !== '=') continue;
    for (const value of one.values) {
      const option = optionName(value.value);
      if (propagation.has(option) || option === 'remount') {
        report(
          'mount-rule',
          source,
          `\`${value.value}\` changes a mount point that is already there, it has no source.`,
          {
            expected: `only the mount point: mount options=(${value.value}) ${rule.target?.text ?? '/path/'},`,
          },
        );
        return;
      }
    }
  }
}
