import { nearest } from '../syntax/names.ts';
import type { KeywordRule } from '../syntax/tree.ts';
import type { KeywordKind } from './kind.ts';

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
export const mountOptions: readonly string[] = [
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
export function optionName(option: string): string {
  return synonyms[option] ?? option;
}

/** Options that only say that another is not set: no bit of mount(2) stands for them. */
export const noOption: ReadonlySet<string> = new Set([
  ...['rw', 'suid', 'dev', 'exec', 'async', 'nomand', 'symfollow', 'atime', 'diratime', 'loud'],
  ...['norelatime', 'noiversion', 'nostrictatime', 'nolazytime', 'user', 'noacl'],
]);
const known = new Set(mountOptions);
/** Options that came with 4.0 and with the last point releases before it. */
const older = { backported: ['2.13', '3.0', '3.1'] } as const;
const late = new Set(['nostrictatime', 'lazytime', 'nolazytime', 'symfollow', 'nosymfollow']);

export const mount: KeywordKind = {
  kind: 'mount',
  keywords: ['mount', 'remount', 'umount', 'unmount'],
  joinsReturn: true,
  section: 'Mount Rules',
  conditions: ['options', 'option', 'fstype', 'vfstype'],
  in: ['options', 'option', 'fstype', 'vfstype'],
  repeatable: ['options', 'option', 'fstype', 'vfstype'],
  lists: ['options', 'option', 'fstype', 'vfstype'],
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
      const asked = new Map<string, string>();
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
        asked.set(optionName(value.value), value.value);
      }
      if (one.operator === '=') {
        for (const [a, b] of opposites) {
          if (asked.has(a) && asked.has(b)) {
            report(
              'mount-options',
              one,
              `A mount cannot be ${asked.get(a)} and ${asked.get(b)} at once.`,
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
  needs(rule, need) {
    for (const one of rule.conditions) {
      for (const value of one.values) {
        if (late.has(value.value)) need('4.0', `the mount option ${value.value}`, value, older);
      }
    }
  },
};

function checkSource(
  rule: KeywordRule,
  report: (
    id: 'mount-rule',
    range: KeywordRule['keyword'],
    message: string,
    more: { expected: string },
  ) => void,
): void {
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
