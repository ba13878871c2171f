import { isCount } from './decimal.ts';
import {
  emptyRoot,
  type Frontier,
  type Hash,
  isHash,
  nodeHash,
  rootOf,
  sameHash,
} from './merkle.ts';
import {
  formatTilePath,
  nodeOfTile,
  type ReadTile,
  type Tile,
  type TreeNode,
  tileOfNode,
} from './tile.ts';

/** The leaves from `start` up to, but not including, `end`. */
interface Range {
  start: number;
  end: number;
}

/** A step up the tree: a sibling and its side. */
interface Step extends Range {
  side: 'left' | 'right';
}

/** The claim that a leaf is in a tree. */
export interface InclusionClaim {
  leafHash: Hash;
  index: number;
  size: number;
  root: Hash;
  proof: readonly Hash[];
}

/** The claim that a tree extends an earlier one. */
export interface ConsistencyClaim {
  first: number;
  firstRoot: Hash;
  second: number;
  secondRoot: Hash;
  proof: readonly Hash[];
}

/**
 * The inclusion proof of a leaf in the tree of `size` leaves: its audit path (RFC 6962 section 2.1.1). Reads O(log size)
 * tiles, each once. Throws if the tree has no such leaf or a tile can't be read.
 */
export async function proveInclusion(
  index: number,
  size: number,
  readTile: ReadTile,
): Promise<Hash[]> {
  if (!isCount(index) || !isCount(size) || index >= size) {
    throw new RangeError(`a tree of ${size} leaves has no leaf ${index}`);
  }
  return readRanges(pathOf({ start: index, end: index + 1 }, size), size, readTile);
}

/**
 * The consistency proof from the tree of `first` leaves to that of `second` (RFC 6962 section 2.1.2). Reads O(log second)
 * tiles, each once. Throws if `first` exceeds `second` or a tile can't be read.
 */
export async function proveConsistency(
  first: number,
  second: number,
  readTile: ReadTile,
): Promise<Hash[]> {
  if (!isCount(first) || !isCount(second) || first > second) {
    throw new RangeError(`a tree of ${second} leaves can’t extend one of ${first}`);
  }
  if (first === 0 || first === second) return [];
  const seed = lastSubtree(first);
  const path = pathOf(seed, second);
  return readRanges(seed.start === 0 ? path : [seed, ...path], second, readTile);
}

/** Reads the frontier of the tree of `size` leaves from its tiles, at most two of each level. */
export async function readFrontier(size: number, readTile: ReadTile): Promise<Frontier> {
  return readRange({ start: 0, end: size }, nodeReader(size, readTile));
}

/** Verifies an inclusion proof (RFC 6962 section 2.1.1). Never throws. */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { leafHash, index, size, root, proof } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (![leafHash, root, ...proof].every(isHash)) return false;
  const path = pathOf({ start: index, end: index + 1 }, size);
  if (proof.length !== path.length) return false;
  let hash = leafHash;
  for (const [at, { side }] of path.entries()) hash = join(hash, side, proof[at] as Hash);
  return sameHash(hash, root);
}

/**
 * Verifies a consistency proof (RFC 6962 section 2.1.2). The proof is empty from the empty tree, whose root is known, and
 * between equal trees. Never throws.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { first, firstRoot, second, secondRoot, proof } = claim;
  if (!isCount(first) || !isCount(second) || first > second) return false;
  if (![firstRoot, secondRoot, ...proof].every(isHash)) return false;
  if (first === second) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0 && sameHash(firstRoot, emptyRoot());

  const seed = lastSubtree(first);
  const path = pathOf(seed, second);
  // The seed is the whole first tree, whose root the verifier knows, or the first hash of the proof.
  const [start, ...siblings] = seed.start === 0 ? [firstRoot, ...proof] : proof;
  if (!start || siblings.length !== path.length) return false;
  let before = start;
  let after = start;
  for (const [at, { side }] of path.entries()) {
    const sibling = siblings[at] as Hash;
    // Siblings on the right are not in the first tree.
    if (side === 'left') before = join(before, side, sibling);
    after = join(after, side, sibling);
  }
  return sameHash(before, firstRoot) && sameHash(after, secondRoot);
}

function join(hash: Hash, side: Step['side'], sibling: Hash): Hash {
  return side === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
}

/** The siblings on the path from a complete subtree to the root of the tree of `size` leaves, lowest first. */
function pathOf(subtree: Range, size: number): Step[] {
  const path: Step[] = [];
  let { start, end } = { start: 0, end: size };
  while (end - start > subtree.end - subtree.start) {
    const middle = start + largestPowerBelow(end - start);
    if (subtree.start < middle) {
      path.push({ side: 'right', start: middle, end });
      end = middle;
    } else {
      path.push({ side: 'left', start, end: middle });
      start = middle;
    }
  }
  return path.reverse();
}

/** The largest power of two below `size`, where RFC 6962 section 2.1 splits a tree of more than one leaf. */
function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The complete subtrees that make up a range, from left to right. */
function subtreesOf({ start, end }: Range): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let at = start; at < end; ) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= end) height++;
    nodes.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return nodes;
}

/** The last of the complete subtrees of a tree of `size` leaves. */
function lastSubtree(size: number): Range {
  let width = 1;
  while (size % (width * 2) === 0) width *= 2;
  return { start: size - width, end: size };
}

type ReadNode = (node: TreeNode) => Promise<Hash>;

async function readRanges(ranges: Range[], size: number, readTile: ReadTile): Promise<Hash[]> {
  const readNode = nodeReader(size, readTile);
  return Promise.all(ranges.map(async (range) => rootOf(await readRange(range, readNode))));
}

async function readRange(range: Range, readNode: ReadNode): Promise<Frontier> {
  const hashes = await Promise.all(subtreesOf(range).map(readNode));
  return { size: range.end - range.start, hashes };
}

/** Creates a reader of the nodes of a tree of `size` leaves, which reads each tile once. */
function nodeReader(size: number, readTile: ReadTile): ReadNode {
  const tiles = new Map<string, Promise<Uint8Array>>();
  const read = (tile: Tile) => {
    const path = formatTilePath(tile);
    const bytes = tiles.get(path) ?? readTile(tile);
    tiles.set(path, bytes);
    return bytes;
  };
  return async (node) => {
    const tile = tileOfNode(node, size);
    return nodeOfTile(node, tile, await read(tile));
  };
}
