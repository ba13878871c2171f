import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importEd25519, verifyEd25519 } from '../../trust/ed25519.ts';
import { encodeHex } from '../../trust/hex.ts';
import { importPublicKey, parseNoteVerifier } from '../../trust/index.ts';
import {
  add,
  base,
  bytesOf,
  challenge,
  encode,
  encodings,
  multiply,
  negate,
  order,
  type Point,
  p,
  pointOf,
  same,
  smallOrder,
  zero,
} from './edwards.ts';

interface Vector {
  what: string;
  key: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
  message: Uint8Array<ArrayBuffer>;
}

const text = (words: string) => new TextEncoder().encode(words);
const a = 0x1234567890abcdef1234567890abcdefn;
const key = multiply(a, base);
const nonce = 0xfedcba0987654321n;

/** Tries messages until the challenge meets a condition, which about one in eight does. */
function search(
  what: string,
  make: (message: Uint8Array<ArrayBuffer>) => Vector | undefined,
): Vector {
  for (let at = 0; at < 10_000; at++) {
    const vector = make(text(`message ${at}`));
    if (vector) return { ...vector, what };
  }
  throw new Error(`no message makes ${what}`);
}

const join64 = (r: Uint8Array, s: bigint) => Uint8Array.of(...r, ...bytesOf(s));

/** A signature with these encodings of A and R, with or without torsion that satisfies the equation without the cofactor. */
function sign(
  message: Uint8Array<ArrayBuffer>,
  A: Uint8Array<ArrayBuffer>,
  R: Uint8Array<ArrayBuffer>,
  r: bigint,
): Vector {
  const s = (r + challenge(R, A, message) * a) % order;
  return { what: '', key: A, signature: join64(R, s), message };
}

const good = sign(text('hello'), encode(key), encode(multiply(nonce, base)), nonce);
const torsion = smallOrder[1] as Point;
const mixed = add(key, torsion);

const accepted: Vector[] = [
  { ...good, what: 'a signature' },
  search('a key and an R of mixed order, in the equation without the cofactor', (message) => {
    for (const part of smallOrder) {
      const R = encode(add(multiply(nonce, base), part));
      const h = challenge(R, encode(mixed), message);
      if (same(add(part, multiply(h, torsion)), zero))
        return sign(message, encode(mixed), R, nonce);
    }
    return undefined;
  }),
];

/** Signatures without a private key: 0·B = R + h·A. */
const forged = smallOrder.flatMap((A, order) =>
  encodings(A).map((bytes, spelling) =>
    search(`a key of small order (${order}, encoding ${spelling})`, (message) => {
      for (const R of smallOrder.flatMap(encodings)) {
        const point = smallOrder.find((one) => encodings(one).some((each) => equal(each, R)));
        const h = challenge(R, bytes, message);
        if (point && same(add(point, multiply(h, A)), zero)) {
          return { what: '', key: bytes, signature: join64(R, 0n), message };
        }
      }
      return undefined;
    }),
  ),
);

const refused: Vector[] = [
  ...forged,
  ...smallOrder.flatMap((point) =>
    encodings(point).map((R) => ({
      ...sign(text('hello'), encode(key), R, 0n),
      what: `an R of small order, ${encodeHex(R)}`,
    })),
  ),
  search('a key of mixed order, in the equation with the cofactor only', (message) => {
    const R = encode(multiply(nonce, base));
    const h = challenge(R, encode(mixed), message);
    return h % 8n === 0n ? undefined : sign(message, encode(mixed), R, nonce);
  }),
  search('an R of mixed order, in the equation with the cofactor only', (message) =>
    sign(message, encode(key), encode(add(multiply(nonce, base), torsion)), nonce),
  ),
  ...[1n, 2n, 15n]
    .map((times) => BigInt(`0x${encodeHex(good.signature.slice(32).reverse())}`) + times * order)
    .filter((s) => s < 2n ** 256n)
    .map((s) => ({
      ...good,
      signature: join64(good.signature.slice(0, 32), s),
      what: `an S of ${s / order} times the order and more`,
    })),
  {
    ...good,
    signature: join64(good.signature.slice(0, 32), order),
    what: 'an S that is the order',
  },
  { ...good, message: text('hellp'), what: 'another message' },
  { ...good, key: encode(negate(key)), what: 'another key' },
  { ...good, key: offCurve(), what: 'a key that is not a point' },
  { ...good, signature: join64(offCurve(), 1n), what: 'an R that is not a point' },
  { ...good, key: bytesOf(p + 3n), what: 'a key in another encoding' },
  { ...good, signature: join64(bytesOf(p + 3n), 1n), what: 'an R in another encoding' },
  { ...good, key: good.key.slice(0, 31), what: 'a short key' },
  { ...good, signature: good.signature.slice(0, 63), what: 'a short signature' },
  { ...good, signature: Uint8Array.of(...good.signature, 0), what: 'a long signature' },
];

function offCurve(): Uint8Array<ArrayBuffer> {
  for (let y = 2n; ; y++) if (!pointOf(y)) return bytesOf(y);
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, at) => byte === right[at]);
}

type Verify = (vector: Vector) => Promise<boolean>;

const onNode: Verify = async ({ key: raw, signature, message }) => {
  const imported = await importEd25519(raw);
  return imported !== undefined && verifyEd25519(imported, signature, message);
};

let miniflare: Miniflare;
beforeAll(async () => {
  const path = join(import.meta.dirname, '../../trust/ed25519.ts');
  const { outputFiles } = await build({
    stdin: {
      contents: `import { importEd25519, verifyEd25519 } from ${JSON.stringify(path)};
        const bytes = (list) => Uint8Array.from(list);
        export default {
          async fetch(request) {
            const { raw, key, signature, message } = await request.json();
            const imported = raw
              ? await crypto.subtle.importKey('raw', bytes(key), 'Ed25519', true, ['verify'])
              : await importEd25519(bytes(key));
            const verify = raw
              ? (...args) => crypto.subtle.verify('Ed25519', ...args)
              : verifyEd25519;
            return Response.json(
              imported !== undefined && (await verify(imported, bytes(signature), bytes(message))),
            );
          },
        };`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'esm',
    write: false,
  });
  miniflare = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? '',
    compatibilityDate: '2026-07-01',
  });
});
afterAll(() => miniflare.dispose());

/** Verifies in workerd, optionally with its WebCrypto only. */
async function inWorkerd(vector: Vector, raw: boolean): Promise<boolean> {
  const body = JSON.stringify({
    raw,
    key: [...vector.key],
    signature: [...vector.signature],
    message: [...vector.message],
  });
  const response = await miniflare.dispatchFetch('http://test/', { method: 'POST', body });
  return (await response.json()) as boolean;
}

describe.each<[string, Verify]>([
  ['Node', onNode],
  ['workerd', (vector) => inWorkerd(vector, false)],
])('on %s', (_, verify) => {
  test.each(accepted)('$what is accepted', async (vector) => {
    expect(await verify(vector)).toBe(true);
  });

  test.each(refused)('$what is refused', async (vector) => {
    expect(await verify(vector)).toBe(false);
  });
});

test('WebCrypto in workerd accepts forged signatures', async () => {
  const taken = await Promise.all(forged.map((vector) => inWorkerd(vector, true)));
  expect(taken.filter((one) => one).length).toBeGreaterThanOrEqual(8);
});

test.each(smallOrder.flatMap(encodings).map((raw) => [encodeHex(raw), raw] as const))(
  '%s is refused as a key by every reader',
  async (_, raw) => {
    expect(await importEd25519(raw)).toBeUndefined();
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
    expect(await importPublicKey(spki.toString('base64'))).toBeUndefined();
    for (const type of [1, 4]) {
      const typed = Buffer.from([type, ...raw]);
      const hash = await crypto.subtle.digest('SHA-256', Buffer.concat([text('x\n'), typed]));
      const id = Buffer.from(hash).subarray(0, 4).toString('hex');
      expect(await parseNoteVerifier(`x+${id}+${typed.toString('base64')}`)).toBeUndefined();
    }
  },
);
