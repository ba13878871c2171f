import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cosignatureVerifierOf,
  cosignerOf,
  generateNoteKey,
  isNoteName,
  parseNoteSigner,
  parseNoteVerifier,
} from '../../../trust/index.ts';

// golang.org/x/mod/sumdb/note documents this pair.
const signer = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const verifier = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

test.each(['ed25519', 'cosignature'] as const)(
  'a key of type %s can be formatted and parsed',
  async (type) => {
    const key = await generateNoteKey('registry.example.org/log', type);
    expect(key.type).toBe(type);
    expect(await parseNoteSigner(key.signer)).toEqual(key);
    const { name, id } = key;
    expect(await parseNoteVerifier(key.verifier)).toMatchObject({ name, id, type });
  },
);

test('the example key of Go’s note package is parsed', async () => {
  expect(await parseNoteSigner(signer)).toMatchObject({
    name: 'PeterNeumann',
    id: 'c74f20a3',
    type: 'ed25519',
    signer,
    verifier,
  });
  expect(await parseNoteVerifier(verifier)).toMatchObject({ name: 'PeterNeumann', verifier });
});

// The tests of github.com/transparency-dev/formats and of the Go checksum database.
test.each([
  ['TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6', 'ed25519'],
  ['sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8', 'ed25519'],
  ['EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop', 'ed25519'],
  ['remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2', 'cosignature'],
])('the published verifier %s is parsed', async (published, type) => {
  expect(await parseNoteVerifier(published)).toMatchObject({ verifier: published, type });
});

test.each([
  ['a wrong length', 'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=='],
  ['an unknown type', 'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
  ['another key ID', verifier.replace('c74f20a3', 'c74f20a4')],
  ['a key ID in capitals', verifier.replace('c74f20a3', 'C74F20A3')],
  ['no name', verifier.replace('PeterNeumann', '')],
  ['a name with a space', verifier.replace('PeterNeumann', 'Peter Neumann')],
  ['a line end', `${verifier}\n`],
])('a verifier with %s is refused', async (_, text) => {
  expect(await parseNoteVerifier(text)).toBeUndefined();
});

test('truncated and changed keys are refused', async () => {
  for (const [text, parse] of [
    [signer, parseNoteSigner],
    [verifier, parseNoteVerifier],
  ] as const) {
    for (let at = 0; at < text.length; at++) {
      const next = String.fromCharCode(text.charCodeAt(at) + 1);
      expect(await parse(text.slice(0, at) + next + text.slice(at + 1))).toBeUndefined();
      expect(await parse(text.slice(0, at))).toBeUndefined();
      if (at > 0) expect(await parse(text.slice(at))).toBeUndefined();
    }
  }
});

test('the parsers never throw', async () => {
  const pieces = fc.array(fc.constantFrom('PRIVATE+KEY+', 'a', '+', 'c74f20a3', 'AQ==', '\n'));
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    pieces.map((each) => each.join('')),
  );
  await fc.assert(
    fc.asyncProperty(text, async (each) => {
      expect(await parseNoteSigner(each)).toBeUndefined();
      expect(await parseNoteVerifier(each)).toBeUndefined();
    }),
  );
});

test('a key cosigns under another key ID, which its verifier has too', async () => {
  const key = await generateNoteKey('log');
  const cosigner = await cosignerOf(key);
  expect(cosigner).toMatchObject({ name: 'log', type: 'cosignature' });
  expect(cosigner.id).not.toBe(key.id);
  expect(await cosignerOf(cosigner)).toEqual(cosigner);
  expect((await cosignatureVerifierOf(key)).verifier).toBe(cosigner.verifier);
  expect((await cosignatureVerifierOf(cosigner)).verifier).toBe(cosigner.verifier);
});

test('names with spaces, plus signs or control characters are refused', async () => {
  const names = ['', 'a b', 'a+b', 'a\n', 'a\u2003b', 'a\u0085b', 'a\u00a0', '\u0001', '\ud800'];
  expect(names.filter(isNoteName)).toEqual([]);
  for (const name of names) await expect(generateNoteKey(name)).rejects.toThrow(RangeError);
  expect(['registry.example.org/log', 'é', '—'].every(isNoteName)).toBe(true);
});
