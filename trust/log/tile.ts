import { isCount, parseDecimal } from './decimal.ts';
import { type Hash, hashLength, nodeHash, tileHeight } from './merkle.ts';

/** The number of hashes in a full tile (tlog-tiles, "Merkle Tree"). */
export const fullWidth = 2 ** tileHeight;

/** The maximum level of a tile (tlog-tiles, "Merkle Tree"). */
const maxLevel = 63;

/** A resource below `tile/`: a tile, or the bundle of entries whose leaf hashes are in a tile of level 0. */
export interface TileAddress {
  level: number | 'entries';
  /** Its index in the level, from 0. */
  index: number;
  /** The number of hashes or entries: 256 if full, fewer if partial. */
  width: number;
}

/** A tile: consecutive hashes of a level of the tree. */
export interface Tile extends TileAddress {
  level: number;
}

/** A node of the tree: the root of the `index`-th complete subtree of 2^height leaves. */
export interface TreeNode {
  height: number;
  index: number;
}

/** Reads a tile's concatenated hashes. Throws if it can't be read. */
export type ReadTile = (tile: Tile) => Promise<Uint8Array>;

/**
 * The path of a tile below a log's prefix (tlog-tiles, "Merkle Tree" and "Log entries").
 *
 * @example
 * formatTilePath({ level: 0, index: 1234067, width: 256 }) // 'tile/0/x001/x234/067'
 * formatTilePath({ level: 'entries', index: 0, width: 3 }) // 'tile/entries/000.p/3'
 */
export function formatTilePath({ level, index, width }: TileAddress): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.../g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${path}${width === fullWidth ? '' : `.p/${width}`}`;
}

/** Parses a path of {@link formatTilePath}; `undefined` for any other text. */
export function parseTilePath(path: string): TileAddress | undefined {
  const match = /^tile\/([a-z0-9]+)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]+))?$/.exec(path);
  const [, first = '', groups = '', last] = match ?? [];
  const level = first === 'entries' ? 'entries' : parseDecimal(first);
  const index = Number(groups.replaceAll(/[x/]/g, ''));
  const width = last === undefined ? fullWidth : parseDecimal(last);
  if (!match || level === undefined || !isCount(index) || width === undefined) return undefined;
  if (level !== 'entries' && level > maxLevel) return undefined;
  if (width < 1 || (last !== undefined && width >= fullWidth)) return undefined;
  // Refuses an index with redundant leading zeros.
  const address: TileAddress = { level, index, width };
  return formatTilePath(address) === path ? address : undefined;
}

/**
 * The width of a tile in a tree of `size` leaves: 256 if it is full, 0 if there is no such tile (tlog-tiles, "Partial
 * Tiles"). A log serves a tile, or a bundle (level 0), up to that width.
 */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / fullWidth ** level);
  return Math.min(Math.max(hashes - index * fullWidth, 0), fullWidth);
}

/** The tile from which a node is read, in the width that it has in a tree of `size` leaves. */
export function tileOfNode(node: TreeNode, size: number): Tile {
  const { level, first } = placeOf(node);
  const index = Math.floor(first / fullWidth);
  return { level, index, width: tileWidth(level, index, size) };
}

/** The hash of a node from the bytes of its {@link tileOfNode}. Throws if their number does not match the tile's width. */
export function nodeOfTile(node: TreeNode, tile: Tile, bytes: Uint8Array): Hash {
  if (bytes.length !== tile.width * hashLength) {
    throw new RangeError(
      `${formatTilePath(tile)} has ${bytes.length} bytes, not ${tile.width * hashLength}`,
    );
  }
  const { first, count } = placeOf(node);
  const start = (first % fullWidth) * hashLength;
  let hashes = split(bytes.subarray(start, start + count * hashLength));
  if (hashes.length !== count) {
    throw new RangeError(`${formatTilePath(tile)} does not contain the node`);
  }
  while (hashes.length > 1) hashes = [...pairs(hashes)];
  return hashes[0] as Hash;
}

/** The position of a node's hashes: the level of tiles, the index of the first hash in it, and their number. */
function placeOf({ height, index }: TreeNode): { level: number; first: number; count: number } {
  const count = 2 ** (height % tileHeight);
  return { level: Math.floor(height / tileHeight), first: index * count, count };
}

function split(bytes: Uint8Array): Hash[] {
  const count = bytes.length / hashLength;
  return Array.from({ length: count }, (_, at) =>
    Uint8Array.from(bytes.subarray(at * hashLength, (at + 1) * hashLength)),
  );
}

function* pairs(hashes: Hash[]): Generator<Hash> {
  for (let at = 0; at + 1 < hashes.length; at += 2) {
    yield nodeHash(hashes[at] as Hash, hashes[at + 1] as Hash);
  }
}
