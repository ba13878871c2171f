import { createHash } from 'node:crypto';

/**
 * Ed25519's curve in affine coordinates (RFC 8032 section 5.1), slow and for tests only: it creates keys and signatures on
 * which implementations differ.
 */
export interface Point {
  x: bigint;
  y: bigint;
}

export const p = 2n ** 255n - 19n;
/** The order of the base point. */
export const order = 2n ** 252n + 27742317777372353535851937790883648493n;

const mod = (n: bigint, m = p) => ((n % m) + m) % m;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

const inverse = (n: bigint) => power(n, p - 2n);
const d = mod(-121665n * inverse(121666n));

export const zero: Point = { x: 0n, y: 1n };

/** The point with this y and an even or odd x; `undefined` if there is none. */
export function pointOf(y: bigint, odd = false): Point | undefined {
  const square = mod((y * y - 1n) * inverse(d * y * y + 1n));
  let x = power(square, (p + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (p - 1n) / 4n));
  if (mod(x * x) !== square) return undefined;
  return { x: (x & 1n) === BigInt(odd) ? x : mod(-x), y };
}

export const base = pointOf(mod(4n * inverse(5n))) as Point;

export function add(a: Point, b: Point): Point {
  const product = mod(d * a.x * b.x * a.y * b.y);
  return {
    x: mod((a.x * b.y + a.y * b.x) * inverse(1n + product)),
    y: mod((a.y * b.y + a.x * b.x) * inverse(1n - product)),
  };
}

export const negate = ({ x, y }: Point): Point => ({ x: mod(-x), y });

export function multiply(scalar: bigint, point: Point): Point {
  let result = zero;
  let double = point;
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, double);
    double = add(double, double);
  }
  return result;
}

export const same = (a: Point, b: Point) => a.x === b.x && a.y === b.y;

/** 32 bytes, little-endian. */
export function bytesOf(n: bigint): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((n >> BigInt(8 * at)) & 0xffn));
}

/** A point's encodings: the canonical one (RFC 8032 section 5.1.2) and others that some implementations accept. */
export function encodings({ x, y }: Point): Uint8Array<ArrayBuffer>[] {
  const ys = y + p < 2n ** 255n ? [y, y + p] : [y];
  const signs = x === 0n ? [0n, 1n] : [x & 1n];
  return ys.flatMap((each) => signs.map((sign) => bytesOf(each + (sign << 255n))));
}

export function encode(point: Point): Uint8Array<ArrayBuffer> {
  return encodings(point)[0] as Uint8Array<ArrayBuffer>;
}

/** The factor of the key in a signature's equation: the hash of the encoded R, A and the message. */
export function challenge(...parts: Uint8Array[]): bigint {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return mod(BigInt(`0x${hash.digest().reverse().toString('hex')}`), order);
}

/** The points of small order: multiples of one of order eight. */
export const smallOrder: Point[] = (() => {
  for (let y = 2n; ; y++) {
    const point = pointOf(y);
    const torsion = point && multiply(order, point);
    if (!torsion || same(multiply(4n, torsion), zero)) continue;
    return Array.from({ length: 8 }, (_, n) => multiply(BigInt(n), torsion));
  }
})();
