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

/** The leaves from `start` to before `end`. */
interface Range {
  start: number;
  end: number;
}

/** One step up the tree: the sibling that the node below is hashed with, and its side. */
interface Step extends Range {
  side: 'left' | 'right';
}

/** That a leaf is in a tree. */
export interface InclusionClaim {
  leafHash: Hash;
  index: number;
  size: number;
  root: Hash;
  proof: readonly Hash[];
}

/** That a tree begins with all the leaves of an earlier one. */
export interface ConsistencyClaim {
  first: number;
  firstRoot: Hash;
  second: number;
  secondRoot: Hash;
  proof: readonly Hash[];
}

/**
 * The audit path of a leaf (RFC 6962 section 2.1.1): the hashes that lead from it to the root of the tree of
 * `size` leaves. Reads each tile it needs once, O(log size) of them. Throws when there is no such leaf, or
 * when a tile can't be read.
 */
export async function proveInclusion(
  index: number,
  size: number,
  readTile: ReadTile,
): Promise<Hash[]> {
  if (!isCount(index) || !isCount(size) || index >= size) {
    throw new RangeError(`there is no leaf ${index} in a tree of ${size}`);
  }
  return readRanges(pathOf({ start: index, end: index + 1 }, size), size, readTile);
}

/**
 * The proof that the tree of `second` leaves extends that of `first` (RFC 6962 section 2.1.2). Reads each
 * tile it needs once, O(log second) of them. Throws when it can't be so, or when a tile can't be read.
 */
export async function proveConsistency(
  first: number,
  second: number,
  readTile: ReadTile,
): Promise<Hash[]> {
  if (!isCount(first) || !isCount(second) || first > second) {
    throw new RangeError(`a tree of ${second} leaves extends none of ${first}`);
  }
  if (first === 0 || first === second) return [];
  const seed = lastSubtree(first);
  const path = pathOf(seed, second);
  return readRanges(seed.start === 0 ? path : [seed, ...path], second, readTile);
}

/** The frontier of the tree of `size` leaves, read from its tiles: at most two of each level. */
export async function readFrontier(size: number, readTile: ReadTile): Promise<Frontier> {
  return readRange({ start: 0, end: size }, nodeReader(size, readTile));
}

/** Whether the claim's proof shows it (RFC 6962 section 2.1.1). Never throws. */
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
 * Whether the claim's proof shows it (RFC 6962 section 2.1.2). Every tree extends the empty one, whose root
 * is known, and the proof of that is empty; so is the proof that a tree extends itself. Never throws.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { first, firstRoot, second, secondRoot, proof } = claim;
  if (!isCount(first) || !isCount(second) || first > second) return false;
  if (![firstRoot, secondRoot, ...proof].every(isHash)) return false;
  if (first === second) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0 && sameHash(firstRoot, emptyRoot());

  const seed = lastSubtree(first);
  const path = pathOf(seed, second);
  // The seed is the whole first tree, which the verifier knows, or stands at the head of the proof.
  const [start, ...siblings] = seed.start === 0 ? [firstRoot, ...proof] : proof;
  if (!start || siblings.length !== path.length) return false;
  let before = start;
  let after = start;
  for (const [at, { side }] of path.entries()) {
    const sibling = siblings[at] as Hash;
    // What is to the right of the seed came after the first tree.
    if (side === 'left') before = join(before, side, sibling);
    after = join(after, side, sibling);
  }
  return sameHash(before, firstRoot) && sameHash(after, secondRoot);
}

function join(hash: Hash, side: Step['side'], sibling: Hash): Hash {
  return side === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
}

/** The siblings on the way from a complete subtree to the root of the tree of `size`, lowest first. */
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

/** Reads nodes of a tree of `size` leaves, and each tile once. */
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
