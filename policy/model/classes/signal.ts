// Signals: the signal, then the peer's label.
import { conditionValue, messagePermissions, permissionsOf } from '../../rules/keyword-rule.ts';
import { isUnnamed } from '../../rules/record.ts';
import { canonicalSignal, signals } from '../../rules/signal.ts';
import { anyByte, byte, type PermissionTable, sequence, someText, Texts } from './class.ts';

const permissions = ['send', 'receive'] as const;

/** AppArmor's own number of each signal, and where its real-time signals start. */
const numbers = new Map(signals.map((name, index) => [name, name === 'exists' ? 35 : index + 1]));
const firstRealTime = 128;
/** What stands for signals without a number of AppArmor's (SIGUNKNOWN in the kernel's sig_names.h). */
const unmapped = 0;

/** The number of a signal that a rule may name; undefined where there is no such signal. */
export function signalNumber(name: string): number | undefined {
  const signal = canonicalSignal(name) ?? '';
  const realTime = /^rtmin\+([0-9]+)$/.exec(signal)?.[1];
  return realTime === undefined ? numbers.get(signal) : firstRealTime + Number(realTime);
}

const prefix = 10;

export const signal: PermissionTable = {
  keyword: 'signal',
  prefix,
  permissions,
  entries(effective, scope) {
    const { rule } = effective;
    if (rule.kind === 'all') {
      const pattern = sequence(byte(prefix), anyByte, someText);
      return [{ effective, pattern, permissions: new Set(permissions) }];
    }
    if (rule.kind !== 'signal') return [];
    const texts = new Texts(scope);
    const named = rule.conditions
      .filter(({ name }) => name.value === 'set')
      .flatMap(({ values }) => values.flatMap(({ value }) => signalNumber(value) ?? []));
    const sorted = [...new Set(named)].sort((a, b) => a - b);
    const pattern = sequence(
      byte(prefix),
      sorted.length > 0 ? { kind: 'set', ranges: sorted.flatMap((one) => [one, one]) } : anyByte,
      texts.pattern(conditionValue(rule, 'peer'), someText),
    );
    if (texts.failed) return 'variables';
    const granted = permissionsOf(rule, permissions, messagePermissions);
    return [{ effective, pattern, permissions: new Set(granted) }];
  },
  familiar: (string) =>
    ['kill', 'term', 'hup', 'stop'].flatMap((name) => signalString(name, string.slice(2)) ?? []),
  describe(string) {
    const number = string.charCodeAt(1);
    const name =
      [...numbers].find(([, one]) => one === number)?.[0] ??
      (number >= firstRealTime ? `rtmin+${number - firstRealTime}` : `number ${number}`);
    return `signal ${name}, peer ${string.slice(2)}`;
  },
};

/** What the kernel looks up for a signal to or from a process. */
export function signalString(name: string, peer: string): string | undefined {
  const number = isUnnamed(name) ? unmapped : signalNumber(name);
  return number === undefined ? undefined : String.fromCharCode(prefix, number) + peer;
}
