import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type ConsistencyClaim,
  emptyRoot,
  formatTilePath,
  type Hash,
  type InclusionClaim,
  leafHash,
  proveConsistency,
  proveInclusion,
  type ReadTile,
  readFrontier,
  rootOf,
  type Tile,
  verifyConsistency,
  verifyInclusion,
} from '../../../trust/index.ts';
import {
  flip,
  fromBase64,
  fromHex,
  type Grown,
  grow,
  makeLeaves,
  published,
  ReferenceTree,
} from './tree.ts';

describe('the published tree of eight leaves', () => {
  const root = (size: number) => published.roots[size] as Hash;
  const h = {
    leaf0: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    leaf1: '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    leaf4: 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    leaf6: 'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
    leaves01: 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    leaves23: '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    leaves45: '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    leaves67: 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    leaves03: 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    leaves47: '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  };
  let readTile: ReadTile;
  beforeAll(async () => {
    ({ readTile } = await grow(await Promise.all(published.entries.map(leafHash))));
  });

  test.each([
    [0, 1, []],
    [0, 8, [h.leaf1, h.leaves23, h.leaves47]],
    [5, 8, [h.leaf4, h.leaves67, h.leaves03]],
    [2, 3, [h.leaves01]],
    [1, 5, [h.leaf0, h.leaves23, h.leaf4]],
  ])('leaf %i is in the tree of %i', async (index, size, hashes) => {
    const proof = hashes.map(fromHex);
    expect(await proveInclusion(index, size, readTile)).toEqual(proof);
    const leaf = leafHash(published.entries[index] as Hash);
    const claim = { leafHash: leaf, index, size, root: root(size), proof };
    expect(verifyInclusion(claim)).toBe(true);
  });

  test.each([
    [1, 1, []],
    [1, 8, [h.leaf1, h.leaves23, h.leaves47]],
    [6, 8, [h.leaves45, h.leaves67, h.leaves03]],
    [2, 5, [h.leaves23, h.leaf4]],
    [6, 7, [h.leaves45, h.leaf6, h.leaves03]],
    [0, 8, []],
  ])('the tree of %i is a prefix of that of %i', async (first, second, hashes) => {
    const proof = hashes.map(fromHex);
    expect(await proveConsistency(first, second, readTile)).toEqual(proof);
    const claim = { first, firstRoot: root(first), second, secondRoot: root(second), proof };
    expect(verifyConsistency(claim)).toBe(true);
  });
});

test('a proof of the Certificate Transparency log Argon 2020 verifies', async () => {
  // golang.org/x/mod, sumdb/tlog/testdata/argon2020: 961,984,013 leaves.
  const proof = [
    '80Sfbj6UQEdVSZCSIgh9NMPj3vCBzcc1A48B2crJSWg=',
    'FZcrgAHUk6nNPviJZq8kEK6jCG1d18pJOFE45ZDc1TQ=',
    'Q67reWXmPBo1UfmwBap4Xi9PMPfFdUSSw3WGlRZdG7k=',
    'eJ7CyhR4PxzBxDIsWgrVYW1eFUb9ndgf46tFmiqVrxA=',
    'QrDwp062Grm5WY8KdrhFsBuuNjGzRox2Jb8PmVL5OYw=',
    'XM4YMjMEdLH/XJam/ZWyaP14k3cmsOtnPsOWQ54lW1s=',
    'SGiBh+jOTGccXU48ZzgQ88lRcBmtB4wz4oSDndv2QTg=',
    'WAS6txqNLYKGL1GdBdpqmV42TTfn6cJsuDsqLXuTCNI=',
    'QFmRS0rirUA7ZN3lxFjDncV+E1OCrn3NUB4RCp+5fzc=',
    'Hdbp7It2XBNZmNDBpCN/KPd7vfVqxgzwOosqVIaEA9E=',
    'mxvHL0ZiblBdD7j7pIa1jlfB0gSqfJ6oX0UGo7L0VsU=',
    'q5hjyvoW6TL/PThgcitpDcSTrnKX2p1+aqscqH2euRA=',
    'jTOWDqt3IHj2NVFeezyBz2ofpru+ztEywqKUAfFclKI=',
    'GIRn0w3HqJdvU9j1WVD//eR6lk2AaTVjyzjsJNP8U88=',
    'x52GJvxG81fnQBrgOTbll1A5tz95/LXK0Ag1NhB0r1I=',
    '6/0OqrcTgc3o5dD5PymmoC96lB9yLPFuTHVvLy8fSGk=',
    'Gf+iKLfcXO5l4JEFmsZvSdG5q1uEeWPfYLrds6pmjz0=',
    'DGuaco+McyM3AfRSF6qX7RwSetwe2ieYJmxw5e9rVx0=',
    '2tQJ9V32hnYp+fdpP6TcjmgJmLeNVOMKM0Ml1kk4cNU=',
    '3PapK+IkyJr8I9yAErAmzuZezzLMzsg+PfeRCgNW8NQ=',
    's6xiYeejb+wtqHA+URJZ2I/SCPyIW8coP6aB00FJbMY=',
    'z9lSpmdTcr5M5ZzKlc4EPh3SrSypKFdk6JUF/UccaZU=',
    'GXIElfmnRuWfbA4z7ubV/UwlpSRUbUeec7oL5HDDnh0=',
    'pR0SH/NYP6s9+8azWwaeUXA4Ze/3WCIgMfh5YW6wvcE=',
    'f3GuAKYVrF8RBg3s15jvA/YvV9oAliWtzP/imwPhQVA=',
    'WHn8zDxlVgkV+lSlmzaOdfSBrTHoRr5nT3d76q0KKWE=',
    'f2uV2ZxVgULzLPKuZcowRY3ZY7fRlX59iDBjV1R8kNQ=',
    'NzQVjJsvQwbi7WStMr9oFkh9VbHfK7LB6o7WwAqwNTs=',
    'C0LttBeYHZHgL+032JIcJC3CTBIyza/hsbmJUgJfmDI=',
    'nixU5CWTFVDlF4BGdcU6kA7WSYurEpe9jRWc+F/7sOc=',
  ].map(fromBase64);
  const claim = {
    first: 3654490,
    firstRoot: fromBase64('AuIZ5V6sDUj1vn3Y1K85oOaQ7y+FJJKtyRTl1edIKBQ='),
    second: 961984013,
    secondRoot: fromBase64('dwlueapdd7LaOEnX2W2Wp9v2XE+KzejHRQGHwEx0oaM='),
    proof,
  };
  expect(verifyConsistency(claim)).toBe(true);
  expect(verifyConsistency({ ...claim, first: claim.first + 1 })).toBe(false);
});

describe('trees of up to 5,000 leaves', () => {
  const most = 5000;
  const reference = new ReferenceTree(makeLeaves(most));
  let grown: Grown;
  beforeAll(async () => {
    grown = await grow(reference.leaves);
  });

  const inclusion = (index: number, size: number): InclusionClaim => ({
    leafHash: reference.leaves[index] as Hash,
    index,
    size,
    root: reference.root(0, size),
    proof: reference.path(index, 0, size),
  });
  const consistency = (first: number, second: number): ConsistencyClaim => ({
    first,
    firstRoot: reference.root(0, first),
    second,
    secondRoot: reference.root(0, second),
    proof: first === 0 ? [] : reference.subproof(first, 0, second, true),
  });

  /** Sizes, half of them at the edges of tiles. */
  const size = fc
    .oneof(
      fc.integer({ min: 1, max: most }),
      fc.integer({ min: 1, max: 16 }),
      fc
        .tuple(fc.integer({ min: 1, max: 19 }), fc.integer({ min: -1, max: 1 }))
        .map(([tiles, offset]) => tiles * 256 + offset),
    )
    .filter((each) => each <= most);
  const leafOf = size.chain((each) => fc.tuple(fc.nat(each - 1), fc.constant(each)));
  const pairOf = size.chain((each) => fc.tuple(fc.nat(each), fc.constant(each)));

  test('every proof of every small tree matches the definition and verifies', async () => {
    for (let second = 1; second <= 36; second++) {
      for (let first = 0; first <= second; first++) {
        const claim = consistency(first, second);
        expect(await proveConsistency(first, second, grown.readTile)).toEqual(claim.proof);
        expect(verifyConsistency(claim), `${first}-${second}`).toBe(true);
        if (first === second) continue;
        const leaf = inclusion(first, second);
        expect(await proveInclusion(first, second, grown.readTile)).toEqual(leaf.proof);
        expect(verifyInclusion(leaf), `${first} in ${second}`).toBe(true);
      }
    }
  });

  test('every inclusion proof from tiles matches the definition and verifies', async () => {
    await fc.assert(
      fc.asyncProperty(leafOf, async ([index, of]) => {
        const claim = inclusion(index, of);
        expect(await proveInclusion(index, of, grown.readTile)).toEqual(claim.proof);
        expect(verifyInclusion(claim)).toBe(true);
      }),
      { numRuns: 250 },
    );
  });

  test('every consistency proof from tiles matches the definition and verifies', async () => {
    await fc.assert(
      fc.asyncProperty(pairOf, async ([first, second]) => {
        const claim = consistency(first, second);
        expect(await proveConsistency(first, second, grown.readTile)).toEqual(claim.proof);
        expect(verifyConsistency(claim)).toBe(true);
      }),
      { numRuns: 250 },
    );
  });

  test('the frontier of any size is read from its tiles', async () => {
    await fc.assert(
      fc.asyncProperty(size, async (of) => {
        const frontier = await readFrontier(of, grown.readTile);
        expect(frontier).toEqual(grown.frontiers[of]);
        expect(rootOf(frontier)).toEqual(reference.root(0, of));
      }),
      { numRuns: 60 },
    );
  });

  test('no flipped bit of an inclusion claim verifies', async () => {
    const bits = async (claim: InclusionClaim) => {
      for (let bit = 0; bit < 256; bit++) {
        const changed = [
          { ...claim, leafHash: flip(claim.leafHash, bit) },
          { ...claim, root: flip(claim.root, bit) },
          ...claim.proof.map((hash, at) => ({
            ...claim,
            proof: claim.proof.with(at, flip(hash, bit)),
          })),
        ];
        for (const each of changed) expect(verifyInclusion(each)).toBe(false);
      }
    };
    await bits(inclusion(0, 1));
    await bits(inclusion(2, 3));
    await bits(inclusion(517, 1300));
  });

  test('no flipped bit of a consistency claim verifies', async () => {
    const bits = async (claim: ConsistencyClaim) => {
      for (let bit = 0; bit < 256; bit++) {
        const changed = [
          { ...claim, firstRoot: flip(claim.firstRoot, bit) },
          { ...claim, secondRoot: flip(claim.secondRoot, bit) },
          ...claim.proof.map((hash, at) => ({
            ...claim,
            proof: claim.proof.with(at, flip(hash, bit)),
          })),
        ];
        for (const each of changed) expect(verifyConsistency(each)).toBe(false);
      }
    };
    await bits(consistency(1, 2));
    await bits(consistency(8, 8));
    await bits(consistency(512, 1300));
    await bits(consistency(517, 1300));
  });

  test('no other leaf, index, length or order verifies', async () => {
    await fc.assert(
      fc.asyncProperty(leafOf, fc.nat(most), async ([index, of], other) => {
        const claim = inclusion(index, of);
        const { proof } = claim;
        fc.pre(other % of !== index);
        const changed: InclusionClaim[] = [
          { ...claim, index: other % of },
          { ...claim, leafHash: reference.leaves[other % of] as Hash },
          { ...claim, index: of },
          { ...claim, proof: proof.slice(1) },
          { ...claim, proof: proof.slice(0, -1) },
          { ...claim, proof: [...proof, claim.root] },
          { ...claim, proof: [claim.leafHash, ...proof] },
        ];
        if (proof.length > 1) changed.push({ ...claim, proof: proof.toReversed() });
        for (const each of changed) expect(verifyInclusion(each)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('no proof verifies for a tree of another size', async () => {
    await fc.assert(
      fc.asyncProperty(leafOf, size, async ([index, of], other) => {
        fc.pre(other !== of);
        const claim = { ...inclusion(index, of), size: other, root: reference.root(0, other) };
        expect(verifyInclusion(claim)).toBe(false);
      }),
      { numRuns: 100 },
    );
    await fc.assert(
      fc.asyncProperty(pairOf, size, async ([first, second], other) => {
        fc.pre(first > 0 && first < second && other !== first && other !== second);
        const claim = consistency(first, second);
        const root = reference.root(0, other);
        const changed = [
          { ...claim, first: other },
          { ...claim, first: other, firstRoot: root },
          { ...claim, second: other, secondRoot: root },
          { ...claim, first: second, second: first },
          { ...claim, firstRoot: claim.secondRoot, secondRoot: claim.firstRoot },
          { ...claim, proof: claim.proof.slice(1) },
          { ...claim, proof: claim.proof.slice(0, -1) },
          { ...claim, proof: [...claim.proof, claim.firstRoot] },
          { ...claim, proof: [claim.firstRoot, ...claim.proof] },
        ];
        for (const each of changed) expect(verifyConsistency(each)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('a proof reads each tile once, and few of them', async () => {
    for (const [first, second] of [
      [1, 2],
      [255, 257],
      [1, most],
      [2047, 4999],
    ] as const) {
      const read: string[] = [];
      const counting: ReadTile = (tile) => {
        read.push(formatTilePath(tile));
        return grown.readTile(tile);
      };
      await proveInclusion(first, second, counting);
      await proveConsistency(first, second, counting);
      const half = new Set(read).size;
      expect(read.length).toBeLessThanOrEqual(2 * half);
      expect(half).toBeLessThanOrEqual(4);
    }
  });

  test('a tile of the wrong length and a missing tile are errors', async () => {
    const cut: ReadTile = async (tile) => (await grown.readTile(tile)).slice(0, -1);
    await expect(proveInclusion(3, 1000, cut)).rejects.toThrow(/^tile.* bytes, not/);
    const missing: ReadTile = async () => {
      throw new Error('not found');
    };
    await expect(proveConsistency(3, 1000, missing)).rejects.toThrow('not found');
  });
});

test('a proof in a tree of 2^53 - 1 leaves reads at most two tiles of each level', async () => {
  const size = Number.MAX_SAFE_INTEGER;
  const read = new Map<string, Tile>();
  const readTile: ReadTile = async (tile) => {
    read.set(formatTilePath(tile), tile);
    return new Uint8Array(32 * tile.width).fill(tile.level);
  };
  await proveInclusion(2 ** 52 + 12345, size, readTile);
  expect(read.size).toBeLessThanOrEqual(14);
  for (const { width } of read.values()) expect(width).toBeGreaterThan(0);
});

test('a missing leaf and a larger tree can’t be proved', async () => {
  const readTile: ReadTile = async () => new Uint8Array();
  for (const [a, b] of [
    [-1, 3],
    [0.5, 3],
    [Number.NaN, 3],
    [4, 3],
    [0, 2 ** 53],
  ] as const) {
    await expect(proveInclusion(a, b, readTile)).rejects.toThrow(RangeError);
    await expect(proveConsistency(a, b, readTile)).rejects.toThrow(RangeError);
  }
  await expect(proveInclusion(3, 3, readTile)).rejects.toThrow(RangeError);
});

test('a tree extends the empty tree, which has one root', async () => {
  const [root] = makeLeaves(1) as [Hash];
  const claim = { first: 0, firstRoot: emptyRoot(), second: 9, secondRoot: root, proof: [] };
  expect(verifyConsistency(claim)).toBe(true);
  expect(verifyConsistency({ ...claim, proof: [root] })).toBe(false);
  expect(verifyConsistency({ ...claim, firstRoot: root })).toBe(false);
});

test('verification never throws and is bounded', async () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.maxSafeNat(), fc.nat(9));
  const hash = fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.uint8Array({ maxLength: 40 }),
  );
  const proof = fc.oneof(
    fc.array(hash, { maxLength: 9 }),
    fc.constant(Array.from({ length: 100000 }, () => new Uint8Array(32))),
  );
  await fc.assert(
    fc.asyncProperty(number, number, hash, hash, proof, async (a, b, one, other, hashes) => {
      const claimed = { leafHash: one, index: a, size: b, root: other, proof: hashes };
      const between = { first: a, firstRoot: one, second: b, secondRoot: other, proof: hashes };
      // Exceptions: a tree of one leaf is its leaf, and a tree extends itself.
      const same = Buffer.compare(one, other) === 0;
      if (verifyInclusion(claimed as InclusionClaim)) expect(same).toBe(true);
      if (verifyConsistency(between as ConsistencyClaim)) expect(same).toBe(true);
    }),
    { numRuns: 500 },
  );
});
