import { nearest } from '../syntax/names.ts';
import type { KeywordKind } from './kind.ts';

/** Signal names of apparmor.d(5), SIGNALS. Real-time signals are rtmin+0 to rtmin+32. */
export const signals: readonly string[] = [
  'hup',
  'int',
  'quit',
  'ill',
  'trap',
  'abrt',
  'bus',
  'fpe',
  'kill',
  'usr1',
  'segv',
  'usr2',
  'pipe',
  'alrm',
  'term',
  'stkflt',
  'chld',
  'cont',
  'stop',
  'stp',
  'ttin',
  'ttou',
  'urg',
  'xcpu',
  'xfsz',
  'vtalrm',
  'prof',
  'winch',
  'io',
  'pwr',
  'sys',
  'emt',
  'exists',
];
const named = new Set(signals);

/** True for a name a signal rule accepts. */
export function isSignal(name: string): boolean {
  if (named.has(name)) return true;
  // Zeros before the number change nothing, as strtoul(3) reads it.
  const number = /^rtmin\+([0-9]+)$/.exec(name)?.[1];
  return number !== undefined && Number(number) <= 32;
}

/** The same text for names of the same signal. */
export function canonicalSignal(name: string): string {
  return name.replace(/^rtmin\+0+(?=[0-9])/, 'rtmin+');
}

export const signal: KeywordKind = {
  kind: 'signal',
  keywords: ['signal'],
  joinsReturn: true,
  section: 'Signal rules',
  access: ['r', 'w', 'rw', 'read', 'write', 'send', 'receive'],
  conditions: ['set', 'peer'],
  repeatable: ['set'],
  lists: ['set'],
  check(rule, report) {
    for (const one of rule.conditions) {
      if (one.name.value !== 'set') continue;
      for (const value of one.values) {
        if (isSignal(value.value)) continue;
        const bare = value.value.toLowerCase().replace(/^sig/, '');
        const suggestion = isSignal(bare) ? bare : nearest(bare, named);
        report('signal-name', value, `There is no signal "${value.value}".`, {
          expected: 'a signal in lower case without SIG, such as term, or rtmin+0 to rtmin+32',
          ...(suggestion && {
            suggestion,
            fix: { start: value.start, end: value.end, text: suggestion },
          }),
        });
      }
    }
  },
};
