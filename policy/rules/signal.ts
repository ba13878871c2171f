// Signals (apparmor.d(5), "Signal rules").
import { unescaped } from '../syntax/escapes.ts';
import { nearest } from '../syntax/names.ts';
import {
  type KeywordRule,
  keywordRule,
  messagePermissions,
  permissionsOf,
  requestPermissions,
} from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import { deniedField, isUnnamed, peerField } from './record.ts';
import { areOf, bracketed, exactly, joined, processesOf } from './rule-text.ts';

export type SignalRule = KeywordRule<'signal'>;

/** To send a signal, or to have it sent. */
export interface SignalAccess {
  kind: 'signal';
  access: readonly string[];
  /** `unknown(…)` where the kernel has no name for it, nor have rules. */
  signal: string;
  peer?: string | undefined;
}

const permissions = ['r', 'w', 'rw', 'read', 'write', 'send', 'receive'];
const requested = requestPermissions(permissions, messagePermissions);

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

const maxRealTime = 32n;

/**
 * The usual spelling of a signal that a rule names; undefined where there is no such signal. apparmor_parser reads the
 * number of a real-time signal with strtoul(3): blanks, a sign and zeros before it and any text after it change nothing,
 * and without a digit it is 0.
 */
export function canonicalSignal(name: string): string | undefined {
  const plain = unescaped(name);
  if (named.has(plain)) return plain;
  const found = /^rtmin\+(?:[ \t-\r]*([+-]?)0*([0-9]+))?/.exec(plain);
  if (!found) return undefined;
  const [, sign, digits = '0'] = found;
  const magnitude = digits.length > 20 ? 2n ** 64n : BigInt(digits);
  const isNegative = sign === '-' && magnitude < 2n ** 64n;
  const number = isNegative ? BigInt.asUintN(64, -magnitude) : magnitude;
  return number > maxRealTime ? undefined : `rtmin+${number}`;
}

/** True for a name a signal rule accepts. */
export function isSignal(name: string): boolean {
  return canonicalSignal(name) !== undefined;
}

const syntax = keywordRule({
  kind: 'signal',
  joinsReturn: true,
  permissions,
  conditions: ['set', 'peer'],
  repeatable: ['set'],
  lists: ['set'],
  plain: ['set'],
  known: { values: { set: signals } },
  check(rule, report) {
    for (const one of rule.conditions) {
      if (one.name.value !== 'set') continue;
      for (const value of one.values) {
        const signal = canonicalSignal(value.value);
        if (signal !== undefined) {
          if (signal === value.value || /^rtmin\+[0-9]+$/.test(value.value)) continue;
          report('signal-name', value, `apparmor_parser reads "${value.value}" as ${signal}.`, {
            expected: signal,
            severity: 'warning',
            fix: { start: value.start, end: value.end, text: signal },
          });
          continue;
        }
        const bare = value.value.toLowerCase().replace(/^sig/, '');
        const suggestion = isSignal(bare) ? bare : nearest(bare, named);
        report('signal-name', value, `Unknown signal "${value.value}".`, {
          expected: 'a signal in lower case without SIG, such as term, or rtmin+0 to rtmin+32',
          ...(suggestion && {
            suggestion,
            fix: { start: value.start, end: value.end, text: suggestion },
          }),
        });
      }
    }
  },
});

export const signal: RuleKind<SignalRule, SignalAccess> = {
  ...syntax,
  reserves: ['read', 'receive', 'send', 'write'],
  class: 'signal',
  permissions: (rule) => permissionsOf(rule, permissions, messagePermissions),
  accesses: ['signal'],
  narrowest({ access, signal: name, peer }) {
    if (!areOf(access, requested)) return undefined;
    // Of a signal without a name, a rule can only say all signals.
    if (!isSignal(name) && !isUnnamed(name)) return undefined;
    const set = isSignal(name) ? [`set=${bracketed([name])}`] : [];
    return ['signal', bracketed(access), ...set, ...exactly('peer', peer)];
  },
  operations: /^signal$/,
  requested({ mask, peer, field }) {
    // `rtmin+3` is written in one more way.
    const name = field('signal')?.replace(/^rtmin\+?0*(\d+)$/, 'rtmin+$1');
    if (mask.length === 0 || name === undefined) return undefined;
    return { kind: 'signal', access: mask, signal: name, peer };
  },
  required: () => [deniedField, ['signal'], peerField],
  describe: ({ access, signal: name, peer }) =>
    `${joined(access)} the signal ${name} ${access.includes('send') ? 'to' : 'from'} ${processesOf(peer)}`,
};
