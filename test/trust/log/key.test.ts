import { expect, test } from 'vitest';
import { generateNoteKey, isNoteName, parseNoteSigner } from '../../../trust/index.ts';

test('a log key survives its file, and its verifier has the form that others parse', async () => {
  const key = await generateNoteKey('registry.example.org/log');
  expect(key.verifier).toMatch(/^registry\.example\.org\/log\+[0-9a-f]{8}\+AQ?[A-Za-z0-9+/]+=*$/);
  expect(await parseNoteSigner(key.signer)).toEqual(key);
});

test("the example key of Go's note package is read", async () => {
  // golang.org/x/mod/sumdb/note documents this pair.
  const skey = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
  const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  expect((await parseNoteSigner(skey))?.verifier).toBe(vkey);
});

test('a damaged signer is refused', async () => {
  const { signer } = await generateNoteKey('log');
  for (const damaged of [
    '',
    signer.slice(1),
    signer.slice(0, -2),
    signer.replace('log', 'lag'),
    `${signer}x`,
  ]) {
    expect(await parseNoteSigner(damaged), damaged).toBeUndefined();
  }
});

test('names with spaces or plus signs can not stand in a note', () => {
  expect(['', 'a b', 'a+b', 'a\n', 'a\u2003b'].map(isNoteName)).toEqual(Array(5).fill(false));
  expect(isNoteName('registry.example.org/log')).toBe(true);
});
