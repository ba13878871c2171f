// Resource limits (apparmor.d(5), "rlimit rules").
import type { Cursor } from '../syntax/cursor.ts';
import { nearest } from '../syntax/names.ts';
import type { RuleBase, Word } from '../syntax/nodes.ts';
import { endOfRule } from '../syntax/rule-end.ts';
import type { RuleHead, RuleKind } from './kind.ts';

export interface RlimitRule extends RuleBase {
  kind: 'rlimit';
  keyword: Word;
  name: Word;
  value: Word[];
}

/** To raise a limit to a value as the kernel has it (see {@link limitOf}); without one, to have none. */
export interface RlimitAccess {
  kind: 'rlimit';
  name: string;
  value?: number | undefined;
}

type Measure = 'size' | 'number' | 'time' | 'nice';

/** What each limit measures. */
const rlimits: Readonly<Record<string, Measure>> = {
  cpu: 'time',
  fsize: 'size',
  data: 'size',
  stack: 'size',
  core: 'size',
  rss: 'size',
  nofile: 'number',
  ofile: 'number',
  as: 'size',
  nproc: 'number',
  memlock: 'size',
  locks: 'number',
  sigpending: 'number',
  msgqueue: 'size',
  nice: 'nice',
  rtprio: 'number',
  rttime: 'time',
};
const sizes = new Set(['', 'K', 'KB', 'M', 'MB', 'G', 'GB']);
/** Units of time in microseconds. */
const times: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      [1, 'us microsecond microseconds'],
      [1e3, 'ms millisecond milliseconds'],
      [1e6, 's sec second seconds'],
      [6e7, 'min minute minutes'],
      [3.6e9, 'h hour hours'],
      [8.64e10, 'd day days'],
      [6.048e11, 'week weeks'],
    ] as const
  ).flatMap(([factor, names]) => names.split(' ').map((name) => [name, factor])),
);

/** Reads `rlimit name <= value` after the keyword `set`. */
function readRule(cursor: Cursor, parts: RuleHead): RlimitRule | undefined {
  const fail = (message: string, expected: string) => {
    cursor.report('syntax', { start: cursor.pos, end: cursor.pos + 1 }, message, { expected });
    return undefined;
  };
  if (cursor.peekName() !== 'rlimit') return fail('Only "set rlimit" can be set.', 'rlimit');
  const keyword = cursor.name('keyword') as Word;
  const name = cursor.name('value');
  if (!name) return fail('The name of the limit is missing.', 'a limit such as nofile');
  if (!cursor.take('<=', 'operator')) return fail('A limit is given with "<=".', '<=');
  const value: Word[] = [];
  const number = cursor.name('value', '-');
  if (!number) return fail('The value of the limit is missing.', 'a number or infinity');
  value.push(number);
  const unit = cursor.next(',') ? undefined : cursor.name('value');
  if (unit) value.push(unit);
  if (cursor.next(',')) cursor.refuseCommentsIn({ start: keyword.end, end: cursor.pos });
  const measure = rlimits[name.value];
  if (!measure) {
    const suggestion = nearest(name.value, Object.keys(rlimits));
    cursor.report('rlimit', name, `Unknown limit "${name.value}".`, {
      expected: `one of ${Object.keys(rlimits).join(', ')}`,
      ...(suggestion && {
        suggestion,
        fix: { start: name.start, end: name.end, text: suggestion },
      }),
    });
  } else checkValue(cursor, name.value, measure, value);
  return { ...parts, kind: 'rlimit', name, value, end: cursor.last };
}

function checkValue(cursor: Cursor, name: string, measure: Measure, words: Word[]): void {
  if (words[0]?.value === 'infinity') return;
  const text = words
    .map((word) => word.value)
    .join(' ')
    .replace(/ (?=[a-z_]+$)/i, '');
  const range = { start: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0 };
  let digits = 0;
  const sign = text[0] === '-' ? 1 : 0;
  while (
    digits + sign < text.length &&
    (text[digits + sign] as string) >= '0' &&
    (text[digits + sign] as string) <= '9'
  )
    digits++;
  const number = Number(text.slice(0, digits + sign));
  const unit = text.slice(digits + sign);
  const wrong = (expected: string) =>
    cursor.report('rlimit', range, `"${text}" is not a value for ${name}.`, { expected });
  if (digits === 0) wrong('a number or infinity');
  else if (measure === 'nice') {
    if (unit !== '' || number < -20 || number > 19) wrong('a number from -20 to 19');
  } else if (number < 0) wrong('a number from 0 up, or infinity');
  else if (measure === 'number') {
    if (unit !== '') wrong('a number without a unit, or infinity');
  } else if (measure === 'size') {
    if (!sizes.has(unit)) wrong('a number with K, M or G, or infinity');
  } else if (unit !== '' && times[unit] === undefined)
    wrong('a time such as 10s or 5minutes, or infinity');
  else if (name === 'cpu' && unit !== '' && number * (times[unit] ?? 1) < 1e6)
    wrong('at least one second: 1s');
}

export const rlimit: RuleKind<RlimitRule, RlimitAccess> = {
  nodes: ['rlimit'],
  keywords: ['set'],
  vocabulary: { words: ['rlimit', ...Object.keys(rlimits)], conditions: [], peer: [], values: {} },
  reserves: ['rlimit'],
  parse(cursor, head) {
    for (const word of head.qualifiers.words) {
      if (word !== head.qualifiers.owner)
        cursor.report(
          'qualifier-not-allowed',
          word,
          'A limit is no permission, it has no qualifier.',
          { expected: 'set rlimit …' },
        );
    }
    return endOfRule(cursor, readRule(cursor, head));
  },
  print: ({ keyword, name, value }) => [
    ...[keyword.text, 'rlimit', name.text, '<='],
    ...value.map((word) => word.text),
  ],
  visitWords() {},
  class: 'rlimit',
  permissions: ({ name }) => [name.value],
  accesses: ['rlimit'],
  narrowest({ name, value }) {
    if (!Object.hasOwn(rlimits, name)) return undefined;
    const written = value !== undefined && name === 'nice' ? value - niceOffset : value;
    return ['set', 'rlimit', name, '<=', `${written ?? 'infinity'}`];
  },
  operations: /^setrlimit$/,
  requested({ field }) {
    const [name, logged] = [field('rlimit'), field('value')];
    if (name === undefined || logged === undefined) return undefined;
    if (logged === infinity) return { kind: 'rlimit', name };
    // Rounding any other number would set a higher limit than requested.
    if (!/^\d{1,15}$/.test(logged)) return undefined;
    return { kind: 'rlimit', name, value: Number(logged) };
  },
  required: () => [['rlimit'], ['value']],
  describe: ({ name, value }) => `raise the limit ${name} to ${value ?? 'infinity'}`,
};

/** What apparmor_parser adds to the value of nice (measured with 3.0.8). */
const niceOffset = 20;

/** What the kernel logs for RLIM_INFINITY, on machines of 64 bits. */
const infinity = '18446744073709551615';

const units: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  KB: 1024,
  M: 1024 ** 2,
  MB: 1024 ** 2,
  G: 1024 ** 3,
  GB: 1024 ** 3,
};

/** The usual name of a rule's limit. */
export const limitName = ({ name }: RlimitRule): string =>
  name.value === 'ofile' ? 'nofile' : name.value;

/**
 * The limit of a rule as the kernel has it: bytes, seconds of cpu, microseconds of rttime, a count; of nice, 20 more than
 * nice(1) says.
 */
export function limitOf({ name, value }: RlimitRule): bigint | 'infinity' {
  const text = value.map((word) => word.value).join('');
  const [, sign = '', digits = '', unit = ''] = /^(-?)(\d+)(\w*)$/.exec(text) ?? [];
  if (digits === '') return 'infinity';
  // As strtol(3) reads it.
  const number = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  switch (rlimits[name.value]) {
    case 'size':
      return number * BigInt(units[unit] ?? 1);
    case 'time': {
      if (name.value === 'rttime') return number * BigInt(times[unit] ?? 1);
      const seconds = times[unit] ?? 1e6;
      return (number * BigInt(seconds)) / 1_000_000n;
    }
    case 'nice':
      return BigInt(niceOffset) + (sign === '-' ? -number : number);
    default:
      return number;
  }
}
