import { sha256 } from '@noble/hashes/sha2.js';
import { isCount } from './decimal.ts';

/** A SHA-256 hash, a node of a Merkle tree. */
export type Hash = Uint8Array<ArrayBuffer>;

/** The length of a {@link Hash} in bytes. */
export const hashLength = 32;

/** The number of tree levels in a level of tiles (tlog-tiles, "Merkle Tree"). */
export const tileHeight = 8;

/** Whether `value` has the length of a {@link Hash}. */
export function isHash(value: Uint8Array | undefined): value is Hash {
  return value instanceof Uint8Array && value.length === hashLength;
}

/** Whether two hashes are equal. Not constant-time: none is secret. */
export function sameHash(a: Hash, b: Hash): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** The root of a tree without leaves: MTH({}), the hash of the empty string (RFC 6962 section 2.1). */
export function emptyRoot(): Hash {
  return sha256(new Uint8Array());
}

/** The hash of a leaf: SHA-256(0x00 ‖ entry) (RFC 6962 section 2.1). */
export function leafHash(entry: Uint8Array): Hash {
  const input = new Uint8Array(1 + entry.length);
  input.set(entry, 1);
  return sha256(input);
}

/** The hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 section 2.1). */
export function nodeHash(left: Hash, right: Hash): Hash {
  const input = new Uint8Array(1 + 2 * hashLength);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + hashLength);
  return sha256(input);
}

/**
 * The part of a tree that determines its root and is needed to append: the hashes of its complete subtrees from left to
 * right, one for each bit set in `size`, highest first.
 */
export interface Frontier {
  size: number;
  hashes: readonly Hash[];
}

/** The frontier of a tree without leaves. */
export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** A hash in a tile: the `index`-th of its level of tiles. */
export interface TileHash {
  /** The level of the tile: 0 has leaf hashes, 1 the roots of 256 leaves each, and so on. */
  level: number;
  index: number;
  hash: Hash;
}

/** The result of appending a leaf. */
export interface Appended {
  frontier: Frontier;
  /** The hashes to add to tiles: the leaf's own, then those of the higher levels that it completes. */
  tileHashes: TileHash[];
}

/**
 * Appends a leaf's hash; costs one node hash on average and log2(size) at worst. Throws if the frontier is invalid, which
 * must not be extended or signed.
 */
export function appendLeaf(frontier: Frontier, leaf: Hash): Appended {
  assertFrontier(frontier);
  const hashes = [...frontier.hashes];
  const tileHashes = [{ level: 0, index: frontier.size, hash: leaf }];
  let hash = leaf;
  let index = frontier.size;
  for (let height = 1; index % 2 === 1; height++) {
    hash = nodeHash(hashes.pop() as Hash, hash);
    index = (index - 1) / 2;
    if (height % tileHeight === 0) tileHashes.push({ level: height / tileHeight, index, hash });
  }
  return { frontier: { size: frontier.size + 1, hashes: [...hashes, hash] }, tileHashes };
}

/** The inclusion proof (RFC 6962 section 2.1.1) of a leaf in the tree that appending it to this one makes. */
export function proveAppended({ hashes }: Frontier): Hash[] {
  return hashes.toReversed();
}

/** The root of the tree (RFC 6962 section 2.1). Throws if the frontier is invalid. */
export function rootOf(frontier: Frontier): Hash {
  assertFrontier(frontier);
  const [last, ...others] = frontier.hashes.toReversed();
  if (!last) return emptyRoot();
  let root = last;
  for (const left of others) root = nodeHash(left, root);
  return root;
}

function assertFrontier({ size, hashes }: Frontier): void {
  if (!isCount(size) || subtreeCount(size) !== hashes.length || !hashes.every(isHash)) {
    throw new RangeError(
      `a tree of ${size} leaves does not have a frontier of ${hashes.length} hashes`,
    );
  }
}

/** The number of bits set in `size`, by division: JavaScript's bitwise operators stop at 32 bits. */
function subtreeCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
