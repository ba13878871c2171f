import { describe, expect, test } from 'vitest';
import { queryWords, ruleWords, wordsOf } from '../../db/search-text.ts';
import { parseReference } from '../../trust/index.ts';
import { renderSource } from '../../worker/catalog/source.ts';
import { cpuTime } from '../policy/cpu.ts';

/** The functions besides the parser that read untrusted text with regular expressions. */
const readers: Record<string, (text: string) => unknown> = {
  'the words of rules': ruleWords,
  'the words of a text': wordsOf,
  'the words of a query': queryWords,
  'a page’s source': (text) => renderSource(text, [], new Map([['abstractions/base', text]])),
  'a reference': parseReference,
};

const runs = [
  '\n',
  ' ',
  '\t',
  ' \n',
  '#',
  '#\n',
  ' #',
  '# include',
  '#include <abstractions/base>\n',
  'a',
  'a ',
  '/',
  '0',
  '\u0301',
  'a\u0301',
  '\ufdfa',
  '\ufdfa ',
  '½',
  '\r',
  '&',
  '{,',
  '"',
];

describe.each(Object.entries(readers))('%s', (_, read) => {
  test.each(runs)('has a linear cost for a long run of %j', (run) => {
    const of = (length: number) => run.repeat(length / run.length);
    const [one, four] = [of(64 * 1024), of(256 * 1024)].map((text) =>
      Math.min(...[1, 2].map(() => cpuTime(() => read(text)))),
    ) as [number, number];
    // A quadratic one takes sixteen times as long: minutes.
    expect(four).toBeLessThan(8 * one + 60);
  });
});

test('the words of rules do not include comments', () => {
  const text =
    '# a comment\n  #another\n#include <abstractions/base>\n /srv/Ünï-code/ﬁles r, # tail\n\n\n';
  expect(ruleWords(text)).toEqual([
    'include',
    'abstractions',
    'base',
    'srv',
    'uni',
    'code',
    'files',
    'r',
    'tail',
  ]);
  expect(ruleWords('\ufdfa'.repeat(300_000))).toEqual([]);
  expect(ruleWords(Array.from({ length: 9000 }, (_, at) => `w${at}`).join(' '))).toHaveLength(2000);
});
