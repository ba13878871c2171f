import { expect, test } from 'vitest';
import {
  appendLeaf,
  emptyFrontier,
  emptyRoot,
  type Hash,
  leafHash,
  nodeHash,
  rootOf,
} from '../../../trust/index.ts';
import { grow, makeLeaves, published, ReferenceTree } from './tree.ts';

test('the published tree of eight leaves has the published roots', async () => {
  const { frontiers } = await grow(await Promise.all(published.entries.map(leafHash)));
  expect(await Promise.all(frontiers.map(rootOf))).toEqual(published.roots);
  expect(emptyRoot()).toEqual(published.roots[0]);
});

test('a leaf and a node of the same bytes have different hashes', async () => {
  const [left, right] = makeLeaves(2) as [Hash, Hash];
  expect(leafHash(Uint8Array.of(...left, ...right))).not.toEqual(nodeHash(left, right));
});

test('every size has the root of the definition, and tiles gain complete subtrees', async () => {
  const reference = new ReferenceTree(makeLeaves(600));
  const { frontiers, levels } = await grow(reference.leaves);
  for (const [size, frontier] of frontiers.entries()) {
    expect(rootOf(frontier), `size ${size}`).toEqual(reference.root(0, size));
  }
  expect(levels).toEqual([reference.leaves, [reference.root(0, 256), reference.root(256, 512)]]);
});

test('a tree of 65,536 leaves completes a hash of level 2', async () => {
  const [leaf] = makeLeaves(1) as [Hash];
  let root = leaf;
  const subtrees = [leaf];
  for (let height = 1; height < 16; height++) {
    root = nodeHash(root, root);
    subtrees.unshift(root);
  }
  const { frontier, tileHashes } = appendLeaf({ size: 65535, hashes: subtrees }, leaf);
  expect(frontier).toEqual({ size: 65536, hashes: [nodeHash(root, root)] });
  expect(tileHashes.map(({ level, index }) => [level, index])).toEqual([
    [0, 65535],
    [1, 255],
    [2, 0],
  ]);
});

test('sizes beyond 32 bits are supported', async () => {
  const [a, b, c] = makeLeaves(3) as [Hash, Hash, Hash];
  const size = 2 ** 40 + 1;
  const { frontier, tileHashes } = appendLeaf({ size, hashes: [a, b] }, c);
  expect(frontier).toEqual({ size: size + 1, hashes: [a, nodeHash(b, c)] });
  expect(tileHashes).toEqual([{ level: 0, index: size, hash: c }]);
});

test('a frontier with the wrong number of hashes is refused', async () => {
  const [a, b] = makeLeaves(2) as [Hash, Hash];
  const broken = [
    { size: 0, hashes: [a] },
    { size: 1, hashes: [] },
    { size: 2, hashes: [a, b] },
    { size: -1, hashes: [] },
    { size: 0.5, hashes: [] },
    { size: 2 ** 53, hashes: [a] },
    { size: 1, hashes: [a.slice(1)] },
  ];
  for (const frontier of broken) {
    expect(() => appendLeaf(frontier, a)).toThrow(RangeError);
    expect(() => rootOf(frontier)).toThrow(RangeError);
  }
  expect(appendLeaf(emptyFrontier, a)).toBeDefined();
});
