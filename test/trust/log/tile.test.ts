import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeEntryBundle,
  encodeEntryBundle,
  formatTilePath,
  maxEntryBytes,
  nodeOfTile,
  parseTilePath,
  tileOfNode,
  tileWidth,
} from '../../../trust/index.ts';
import { grow, makeLeaves, ReferenceTree, tilesOf } from './tree.ts';

describe('paths', () => {
  test.each([
    ['tile/0/x001/x234/067', { level: 0, index: 1234067, width: 256 }],
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/999', { level: 0, index: 999, width: 256 }],
    ['tile/0/x001/000', { level: 0, index: 1000, width: 256 }],
    ['tile/5/x123/x456/078.p/2', { level: 5, index: 123456078, width: 2 }],
    ['tile/63/000.p/255', { level: 63, index: 0, width: 255 }],
    ['tile/entries/x003/x057/500', { level: 'entries', index: 3057500, width: 256 }],
    ['tile/entries/273.p/112', { level: 'entries', index: 273, width: 112 }],
    [
      'tile/0/x009/x007/x199/x254/x740/991',
      { level: 0, index: Number.MAX_SAFE_INTEGER, width: 256 },
    ],
  ] as const)('%s', (path, address) => {
    expect(parseTilePath(path)).toEqual(address);
    expect(formatTilePath(address)).toBe(path);
  });

  test.each([
    '',
    'tile',
    'tile/0',
    'tile/0/',
    '/tile/0/000',
    'tile/0/000/',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/+1/000',
    'tile/1e1/000',
    'tile/data/000',
    'tile/Entries/000',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/067',
    'tile/0/x000/x001/067',
    'tile/0/x001/x067',
    'tile/0/001/067',
    'tile/0/x1/067',
    'tile/0/X001/067',
    'tile/5/123/456/078',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/x001/x009/x007/x199/x254/x740/991',
    'tile/0/000.p/0',
    'tile/0/000.p/00',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/-1',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/0/000.p/1/',
    'tile/0/000.p/1.5',
    'tile/0/x001.p/1/000',
    'tile/0/000\n',
    'tile/0/٠٠٠',
    'tile/0/../000',
  ])('%j is not a path', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });

  test('parsing is the inverse of formatting and never throws', () => {
    const address = fc.record({
      level: fc.oneof(fc.nat(63), fc.constant('entries' as const)),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(address, (tile) => {
        expect(parseTilePath(formatTilePath(tile))).toEqual(tile);
      }),
    );
    const pieces = fc.array(
      fc.constantFrom('tile/', '0', '1', '/', 'x', '000', '.p/', 'entries', '9', '-', ' '),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      pieces.map((each) => each.join('')),
    );
    fc.assert(
      fc.property(text, (path) => {
        const tile = parseTilePath(path);
        if (tile) expect(formatTilePath(tile)).toBe(path);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the tiles of a tree', () => {
  const count = (size: number) => {
    const kinds = new Map<string, number>();
    for (const { level, width } of tilesOf(size)) {
      const kind = `${level}:${width}`;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    return Object.fromEntries(kinds);
  };

  // The first and the last are from the specification.
  test.each([
    [70000, { '0:256': 273, '0:112': 1, '1:256': 1, '1:17': 1, '2:1': 1 }],
    [0, {}],
    [1, { '0:1': 1 }],
    [255, { '0:255': 1 }],
    [257, { '0:256': 1, '0:1': 1, '1:1': 1 }],
    [65536, { '0:256': 256, '1:256': 1, '2:1': 1 }],
    [256, { '0:256': 1, '1:1': 1 }],
  ])('of %i leaves', (size, tiles) => {
    expect(count(size)).toEqual(tiles);
  });

  test('a missing tile has the width 0', () => {
    expect(tileWidth(0, 1, 256)).toBe(0);
    expect(tileWidth(1, 0, 255)).toBe(0);
    expect(tileWidth(63, 0, Number.MAX_SAFE_INTEGER)).toBe(0);
    expect(tileWidth(6, 0, Number.MAX_SAFE_INTEGER)).toBe(31);
  });

  test('every node can be read from its tile', async () => {
    const reference = new ReferenceTree(makeLeaves(700));
    const { readTile } = await grow(reference.leaves);
    for (const size of [1, 2, 255, 256, 300, 511, 512, 700]) {
      for (let height = 0; 2 ** height <= size; height++) {
        for (let index = 0; (index + 1) * 2 ** height <= size; index += 1 + (index >> 2)) {
          const node = { height, index };
          const tile = tileOfNode(node, size);
          expect(nodeOfTile(node, tile, await readTile(tile))).toEqual(
            reference.root(index * 2 ** height, (index + 1) * 2 ** height),
          );
        }
      }
    }
  });

  test('a tile that is too short, too long or too narrow is refused', () => {
    const tile = { level: 0, index: 0, width: 3 };
    const node = { height: 0, index: 0 };
    const read = (of: { height: number; index: number }, length: number) => () =>
      nodeOfTile(of, tile, new Uint8Array(length));
    for (const length of [0, 32, 95, 97, 128]) {
      expect(read(node, length)).toThrow('tile/0/000.p/3');
    }
    expect(read({ height: 0, index: 3 }, 96)).toThrow(RangeError);
    expect(read({ height: 1, index: 1 }, 96)).toThrow(RangeError);
  });
});

describe('entry bundles', () => {
  const bytes = (...values: number[]) => Uint8Array.of(...values);

  test('each entry is preceded by its length, big-endian', () => {
    expect(encodeEntryBundle([bytes(1, 2), bytes(), bytes(3)])).toEqual(
      bytes(0, 2, 1, 2, 0, 0, 0, 1, 3),
    );
    expect(encodeEntryBundle([new Uint8Array(258)]).slice(0, 2)).toEqual(bytes(1, 2));
    expect(encodeEntryBundle([new Uint8Array(maxEntryBytes)])).toHaveLength(maxEntryBytes + 2);
    expect(() => encodeEntryBundle([new Uint8Array(maxEntryBytes + 1)])).toThrow(RangeError);
  });

  test.each([
    ['cut in a length', bytes(0, 1, 9, 0), 2],
    ['cut in an entry', bytes(0, 2, 9), 1],
    ['too few', bytes(0, 1, 9), 2],
    ['too many', bytes(0, 1, 9, 0, 1, 9), 1],
    ['something after the last', bytes(0, 1, 9, 0), 1],
    ['none', bytes(), 1],
  ])('%s: refused', (_, bundle, width) => {
    expect(decodeEntryBundle(bundle, width)).toBeUndefined();
  });

  test('a bundle is decoded, also from the middle of a buffer, and never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), (entries) => {
        const bundle = encodeEntryBundle(entries);
        const inside = Uint8Array.of(7, ...bundle, 7).subarray(1, -1);
        expect(decodeEntryBundle(inside, entries.length)).toEqual(
          entries.map((entry) => Uint8Array.from(entry)),
        );
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ max: 3 }), fc.nat(5), (noise, width) => {
        const entries = decodeEntryBundle(noise, width);
        if (entries) expect(encodeEntryBundle(entries)).toEqual(Uint8Array.from(noise));
      }),
    );
  });
});
