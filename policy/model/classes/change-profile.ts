// Leaving a profile for another: the label, the program that is run next, or both.
import type { Pattern } from '../../glob/aare.ts';
import type { TableEntry } from '../table.ts';
import {
  anyText,
  byte,
  fields,
  type PermissionTable,
  sequence,
  splitFields,
  Texts,
} from './class.ts';

const permissions = ['change_profile', 'onexec'] as const;

/** Every program: its path has one slash first, and more after it. */
const anyProgram: Pattern = sequence(byte(47), { kind: 'set', ranges: [1, 46, 48, 255] }, anyText);

export const change_profile: PermissionTable = {
  keyword: 'change_profile',
  // They stand among the rules about files.
  prefix: undefined,
  permissions,
  entries(effective, scope) {
    const { rule } = effective;
    // The rule `all` is not compiled into this class, although apparmor.d(5) says so.
    if (rule.kind !== 'change_profile') return [];
    const texts = new Texts(scope);
    const label = texts.pattern(rule.target);
    const program = texts.pattern(rule.exec, anyProgram);
    if (texts.failed) return 'variables';
    // apparmor_parser does not log their use.
    const entry = (pattern: Pattern, ...granted: string[]): TableEntry => ({
      ...{ effective, pattern, permissions: new Set(granted), logs: effective.deny },
    });
    return [
      entry(label, 'change_profile', 'onexec'),
      entry(program, 'onexec'),
      entry(fields(program, label), 'onexec'),
    ];
  },
  familiar(string) {
    // An empty label, of rules for every profile.
    return string === '' || string.endsWith('\0') ? [`${string}unconfined`, `${string}x`] : [];
  },
  describe(string, permissions = []) {
    const [first, label] = splitFields(string, 2);
    if (label !== undefined) return `program ${first}, profile ${label}`;
    // What may be run next, whatever the profile, is looked up apart.
    const isProgram = permissions.join() === 'onexec' && first?.startsWith('/');
    return `${isProgram ? 'program' : 'profile'} ${first}`;
  },
};
