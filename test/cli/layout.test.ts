import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { topics } from '../../cli/commands.ts';
import { showingProgress } from '../../cli/terminal/progress.ts';
import { table } from '../../cli/terminal/table.ts';
import { wrap } from '../../cli/terminal/wrap.ts';
import { command } from '../command.ts';

const words = 'one two three four five six seven eight nine ten';

describe('in a terminal', () => {
  test('text wraps between words, and long words are not split', () => {
    expect(wrap(words, 20, '  ')).toEqual([
      'one two three four',
      '  five six seven',
      '  eight nine ten',
    ]);
    expect(wrap('  a-word-that-is-longer and more', 10, '    ')).toEqual([
      '  a-word-that-is-longer',
      '    and',
      '    more',
    ]);
    // A digest fits no line, so it stays beside its label.
    expect(wrap(`Digest  ${'0'.repeat(20)}`, 20, '        ')).toEqual([
      `Digest  ${'0'.repeat(20)}`,
    ]);
    expect(wrap('', 10)).toEqual(['']);
    expect(wrap(words, Number.POSITIVE_INFINITY)).toEqual([words]);
  });

  test('wide characters take two columns, and combining marks none', () => {
    // A wide word, then one with a combining diaeresis.
    expect(wrap('\u6f22\u5b57\u6f22\u5b57 u\u0308ber alles', 10, '  ')).toEqual([
      '\u6f22\u5b57\u6f22\u5b57',
      '  u\u0308ber',
      '  alles',
    ]);
    expect(wrap('\u6f22'.repeat(6), 10)).toEqual(['\u6f22'.repeat(6)]);
    const rows = [
      ['\u6f22\u5b57', 'one two'],
      ['abc', words],
    ];
    expect(table(rows, 26)).toEqual([
      '\u6f22\u5b57  one two',
      'abc   one two three four',
      '      five six seven eight',
      '      nine ten',
    ]);
    expect(table([['\u6f22'.repeat(11), words.slice(0, 7)]], 24)).toHaveLength(2);
  });

  test('the progress display does not overwrite error messages', async () => {
    const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
    const none = new PassThrough();
    const note = (line: string) => void stderr.write(`${line}\n`);
    const io = { env: {}, stdin: none, stdout: none, stderr, print: () => {}, note };
    let late = () => {};
    const work = showingProgress(io, ['one', 'two'], async ({ update }) => {
      update(0, 'fetching');
      late = () => update(0, 'verified');
      throw new Error('there is no two');
    });
    await expect(work).rejects.toThrow('there is no two');
    expect(String(stderr.read())).toContain('fetching');
    late();
    expect(stderr.read()).toBeNull();

    // More lines than the terminal's height can't be overwritten.
    const many = Array.from({ length: 24 }, (_, at) => `name-${at}`);
    await showingProgress(io, many, async ({ update, detail }) => {
      update(0, 'fetching');
      detail('Fetched it');
    });
    expect(String(stderr.read())).toBe('Fetched it\n');
  });

  test('the last cell of a row wraps below itself, or below the row if it is narrow', () => {
    const rows = [
      ['NAME', '', 'STATE'],
      ['docker-nginx', '', words],
    ];
    expect(table(rows, Number.POSITIVE_INFINITY)[1]).toBe(`docker-nginx  ${words}`);
    expect(table(rows, 40)).toEqual([
      'NAME          STATE',
      'docker-nginx  one two three four five',
      '              six seven eight nine ten',
    ]);
    expect(table(rows, 30)).toEqual([
      'NAME          STATE',
      'docker-nginx',
      '    one two three four five',
      '    six seven eight nine ten',
    ]);
    expect(table([], 30)).toEqual([]);
  });

  test.each([60, 80])('help fits %i columns, except examples', async (columns) => {
    const names = topics.flatMap(({ commands }) => Object.keys(commands));
    for (const name of ['', 'exit-codes', 'key', ...names]) {
      const { lines } = await command(`help ${name}`.trim().split(' '), {}, { columns });
      const [text = ''] = (lines[0] ?? '').split(/\nExamples?:\n/);
      const long = text.split('\n').filter((line) => line.length > columns);
      expect(long, name).toEqual([]);
    }
  });

  test('error messages wrap between words, JSON does not', async () => {
    const env = { AA_CONFIG: '/nonexistent', HOME: '/nonexistent' };
    const narrow = await command(['verify', 'web'], env, { columns: 40 });
    expect(narrow.code).toBe(3);
    const lines = narrow.output.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(40);
    const json = await command(['verify', 'web', '--format', 'json'], env, { columns: 40 });
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { id: 'no-trust-file' } });
  });

  test('explain fits its list to a terminal, and otherwise prints it in full', async () => {
    const narrow = await command(['explain'], {}, { columns: 60 });
    expect(narrow.lines.filter((line) => line.length > 60)).toEqual([]);
    const { lines } = await command(['explain']);
    expect(narrow.lines.length).toBeGreaterThan(lines.length);
    expect(lines[0]).toMatch(/^ID +SEVERITY +MEANING$/);
    const rows = lines.slice(1);
    expect(rows.every((line) => /^[a-z0-9-]+ +(error|warning|info) /.test(line))).toBe(true);
  });
});
