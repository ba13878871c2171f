// Resource limits (apparmor.d(5), "rlimit rules").
import type { Cursor } from '../syntax/cursor.ts';
import { nearest } from '../syntax/names.ts';
import type { Qualifiers, RlimitRule, Word } from '../syntax/tree.ts';

type Measure = 'size' | 'number' | 'time' | 'nice';

/** What each limit measures. */
export const rlimits: Readonly<Record<string, Measure>> = {
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
export function parseRlimit(
  cursor: Cursor,
  parts: { qualifiers: Qualifiers; start: number; blankBefore: boolean; keyword: Word },
): RlimitRule | undefined {
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
    cursor.report('rlimit', name, `There is no limit "${name.value}".`, {
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
