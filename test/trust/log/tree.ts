import { createHash } from 'node:crypto';
import {
  appendLeaf,
  emptyFrontier,
  type Frontier,
  fullWidth,
  type Hash,
  type ReadTile,
  type Tile,
  tileWidth,
} from '../../../trust/index.ts';

/** A literal, recursive implementation of RFC 6962 section 2.1, independent of the code under test. */
export class ReferenceTree {
  readonly leaves: Hash[];
  readonly #roots = new Map<string, Hash>();

  constructor(leaves: Hash[]) {
    this.leaves = leaves;
  }

  /** MTH(D[start:end]) */
  root(start: number, end: number): Hash {
    const known = this.#roots.get(`${start}-${end}`);
    if (known) return known;
    const root = this.#compute(start, end);
    this.#roots.set(`${start}-${end}`, root);
    return root;
  }

  #compute(start: number, end: number): Hash {
    if (end === start) return digest();
    if (end - start === 1) return this.leaves[start] as Hash;
    const k = splitOf(end - start);
    return digest(Uint8Array.of(1), this.root(start, start + k), this.root(start + k, end));
  }

  /** PATH(m, D[start:end]) (section 2.1.1) */
  path(m: number, start: number, end: number): Hash[] {
    if (end - start <= 1) return [];
    const k = splitOf(end - start);
    return m < k
      ? [...this.path(m, start, start + k), this.root(start + k, end)]
      : [...this.path(m - k, start + k, end), this.root(start, start + k)];
  }

  /** SUBPROOF(m, D[start:end], whole) (section 2.1.2) */
  subproof(m: number, start: number, end: number, whole: boolean): Hash[] {
    if (m === end - start) return whole ? [] : [this.root(start, end)];
    const k = splitOf(end - start);
    return m <= k
      ? [...this.subproof(m, start, start + k, whole), this.root(start + k, end)]
      : [...this.subproof(m - k, start + k, end, false), this.root(start, start + k)];
  }
}

/** The largest power of two smaller than `n`. */
function splitOf(n: number): number {
  return 2 ** (Math.ceil(Math.log2(n)) - 1);
}

export function digest(...parts: Uint8Array[]): Hash {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** Leaf hashes of the texts `leaf 0`, `leaf 1` and so on. */
export function makeLeaves(count: number): Hash[] {
  return Array.from({ length: count }, (_, index) =>
    digest(Uint8Array.of(0), Buffer.from(`leaf ${index}`)),
  );
}

/** A log's tiles from {@link appendLeaf}, and the frontier of every size. */
export interface Grown {
  frontiers: Frontier[];
  levels: Hash[][];
  readTile: ReadTile;
}

export async function grow(leaves: Hash[]): Promise<Grown> {
  const frontiers = [emptyFrontier];
  const levels: Hash[][] = [];
  for (const leaf of leaves) {
    const appended = appendLeaf(frontiers.at(-1) ?? emptyFrontier, leaf);
    frontiers.push(appended.frontier);
    for (const { level, index, hash } of appended.tileHashes) {
      const hashes = levels[level] ?? [];
      if (hashes.length !== index) throw new Error(`level ${level} skips to ${index}`);
      hashes.push(hash);
      levels[level] = hashes;
    }
  }
  const readTile: ReadTile = async ({ level, index, width }) => {
    const start = index * fullWidth;
    return Buffer.concat(levels[level]?.slice(start, start + width) ?? []);
  };
  return { frontiers, levels, readTile };
}

/** The same bytes with one bit changed. */
export function flip(bytes: Hash, bit: number): Hash {
  const flipped = bytes.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

export function fromHex(hex: string): Hash {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function fromBase64(text: string): Hash {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** The leaves and roots of the test tree of Certificate Transparency's implementations. */
export const published = {
  entries: [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map(fromHex),
  /** By size, from 0. */
  roots: [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ].map(fromHex),
};

/** The tiles of a tree of `size` leaves, level by level and from left to right. */
export function* tilesOf(size: number): Generator<Tile> {
  for (let level = 0; fullWidth ** level <= size; level++) {
    for (let index = 0; ; index++) {
      const width = tileWidth(level, index, size);
      if (width === 0) break;
      yield { level, index, width };
    }
  }
}
