import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../sdk/host/line-splitter.ts';

test('lines do not depend on chunks, and omitted ones are marked', () => {
  const mark = 'mark';
  const part = fc.oneof(
    fc.constantFrom(mark, 'mar', 'k', '\n', '\r\n', 'é'),
    fc.integer({ min: 1, max: 40 }).map((length) => 'x'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), fc.infiniteStream(fc.nat(7)), (parts, cuts) => {
      const text = parts.join('');
      const lines = text.split('\n');
      const bytes = Buffer.from(text);
      let count = 0;
      const splitter = new LineSplitter({ mark, leftOut: () => count++ }, 30);
      const found: string[] = [];
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + (cuts.next().value as number);
        found.push(...splitter.push(bytes.subarray(at, at + length)));
        at += length;
      }
      found.push(...splitter.end());
      const short = lines.filter((line) => line.length <= 30);
      expect(found).toEqual(short.map((line) => line.replace(/\r$/, '')));
      const long = lines.filter((line) => line.length > 30 && line.includes(mark));
      expect(count).toBe(long.length);
    }),
  );
});
