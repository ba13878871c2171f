import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson, requireBoundedJson } from '../../trust/index.ts';

describe('untrusted JSON', () => {
  test('is parsed like JSON.parse within the limits', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.constantFrom('', ' ', '\n\t'), (text, blank) => {
        expect(parseJson(`${blank}${text}${blank}`)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('the contents of strings do not count, however escaped', () => {
    for (const string of ['[', '{', '"[', '\\', '\\\\"[', '[,:'.repeat(1000), '\\"'.repeat(1000)]) {
      const text = JSON.stringify([string, string]);
      expect(parseJson(text, { maxDepth: 1, maxValues: 3 })).toEqual([string, string]);
    }
  });

  test.each(['[', '{"a":', '[{"a":[', '[[],{"b":{}},'])('endless %s are refused', (piece) => {
    expect(() => parseJson(piece.repeat(200_000))).toThrow(/nested deeper than 32/);
    expect(() => requireBoundedJson(`{"text":"]]]]}}}}","more":${piece.repeat(40)}`)).toThrow();
  });

  test.each(['[],', '{},', '0,', '"",', '{"a":0},'])('too many %s are refused', (piece) => {
    const text = `[${piece.repeat(2_000_000)}0]`;
    expect(() => parseJson(text)).toThrow(/more than 250000 values/);
    expect(() => parseJson('[0,0,0]', { maxDepth: 9, maxValues: 3 })).toThrow(/more than 3 values/);
    expect(parseJson('[0,0]', { maxDepth: 9, maxValues: 3 })).toEqual([0, 0]);
  });

  test('the members of one object count', () => {
    const members = Array.from({ length: 150_000 }, (_, at) => `"${at}":0`).join();
    expect(() => parseJson(`{${members}}`)).toThrow(/more than 250000 values/);
  });

  test('malformed JSON is refused', () => {
    for (const text of ['', '[', ']', '{"', '"\\', '[1,]', ']]]]', '{"a"}']) {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    }
  });
});
