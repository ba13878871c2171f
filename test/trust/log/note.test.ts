import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  addSignatures,
  cosign,
  cosignText,
  formatNote,
  formatSignatures,
  generateNoteKey,
  type NoteKey,
  type NoteVerifier,
  openNote,
  parseNote,
  parseNoteSigner,
  parseNoteVerifier,
  parseSignatures,
  signNote,
} from '../../../trust/index.ts';
import { flip } from './tree.ts';

// The keys, text and signatures that golang.org/x/mod/sumdb/note documents and tests with.
const peterSigner =
  'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const enochVerifier = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const text =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n";
const peterLine =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const enochLine =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';
const both = `${text}\n${peterLine}${enochLine}`;

let peter: NoteKey;
let enoch: NoteVerifier;
beforeAll(async () => {
  peter = (await parseNoteSigner(peterSigner)) as NoteKey;
  enoch = (await parseNoteVerifier(enochVerifier)) as NoteVerifier;
});

describe("the example of Go's note package", () => {
  test('has the same signature', async () => {
    expect(await signNote(text, [peter])).toBe(`${text}\n${peterLine}`);
  });

  test('opens for each known signer', async () => {
    expect(await openNote(both, [peter])).toEqual({
      ok: true,
      text,
      signatures: [{ verifier: peter }],
    });
    expect(await openNote(both, [peter, enoch])).toMatchObject({
      signatures: [{ verifier: peter }, { verifier: enoch }],
    });
    expect(await openNote(both + peterLine, [enoch, peter])).toMatchObject({
      signatures: [{ verifier: peter }, { verifier: enoch }],
    });
  });

  test('is refused without a signature by a known key', async () => {
    const refusal = { ok: false, id: 'note-unknown-signers' };
    expect(await openNote(both, [])).toMatchObject(refusal);
    const opened = await openNote(`${text}\n${peterLine}`, [enoch]);
    expect(opened).toMatchObject(refusal);
    if (!opened.ok) expect(opened.reason).toContain('PeterNeumann+c74f20a3');
  });

  test('is refused for an invalid signature of a known key, not of others', async () => {
    const bad = `${text}\n${enochLine}${peterLine.slice(0, 60)}ABCD${peterLine.slice(60)}`;
    expect(await openNote(bad, [peter, enoch])).toMatchObject({
      ok: false,
      id: 'note-bad-signature',
      reason: expect.stringContaining('PeterNeumann+c74f20a3'),
    });
    expect(await openNote(bad, [enoch])).toMatchObject({ ok: true });
    // A valid signature before the invalid one does not help.
    const after = `${text}\n${peterLine}${peterLine.slice(0, 60)}ABCD${peterLine.slice(60)}`;
    expect(await openNote(after, [peter])).toMatchObject({ id: 'note-bad-signature' });
  });

  test('is refused under another name or key ID', async () => {
    const renamed = `${text}\n${peterLine.replace('PeterNeumann', 'CarmenSandiego')}`;
    expect(await openNote(renamed, [peter])).toMatchObject({ id: 'note-unknown-signers' });
    const otherId = `${text}\n${peterLine.replace('x08go', 'x08ho')}`;
    expect(await openNote(otherId, [peter])).toMatchObject({ id: 'note-unknown-signers' });
  });

  test('is refused with another text', async () => {
    for (const changed of [text.replace('If', 'if'), `${text}\n`, `\n${text}`, `x\n${text}`]) {
      const opened = await openNote(`${changed}\n${peterLine}`, [peter]);
      expect(opened).toMatchObject({ ok: false, id: 'note-bad-signature' });
    }
  });
});

test('the specification’s example, whose text has an empty line, is parsed', () => {
  const poem =
    'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n';
  const line =
    '— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';
  const note = parseNote(`${poem}\n${line}`);
  expect(note).toMatchObject({
    text: poem,
    signatures: [{ name: 'quasimodo.example/salvatore', id: '367ba04b' }],
  });
  expect(note?.signatures[0]?.signature).toHaveLength(64);
});

test('a checkpoint of the Go checksum database opens with its key', async () => {
  const key = await parseNoteVerifier(
    'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
  );
  const body = 'go.sum database tree\n49189689\nftjbAOzaupaIvaPo/G+Dk63nxOZ2s1OPOKIaPtXs7S4=\n';
  const line =
    '— sum.golang.org Az3grlKZssqRoMNPpZfKt0TphbbcF+pzXqElURJKRNFKfaUAgqeI5k2AORH0QAhg/ebRwyIqD/OqP4oLtLnNumvOBAM=\n';
  expect(await openNote(`${body}\n${line}`, [key as NoteVerifier])).toMatchObject({
    ok: true,
    text: body,
  });
});

describe('format', () => {
  const [, encoded = ''] = /(\S+)\n$/.exec(peterLine) ?? [];
  test.each([
    ['nothing', ''],
    ['no signature', text],
    ['no signature after the empty line', `${text}\n`],
    ['no empty line', text + peterLine],
    ['no text', peterLine],
    ['an empty text', `\n${peterLine}`],
    ['no last newline', `${text}\n${peterLine.slice(0, -1)}`],
    ['an empty line at the end', `${text}\n${peterLine}\n`],
    ['a line that is not a signature', `${text}\n${peterLine}Unexpected line.\n`],
    ['a hyphen for the dash', `${text}\n${peterLine.replace('—', '-')}`],
    ['an en dash', `${text}\n${peterLine.replace('—', '–')}`],
    ['a name of two words', `${text}\n— Bad Name ${encoded}\n`],
    ['a name with a plus', `${text}\n— Bad+Name ${encoded}\n`],
    ['no name', `${text}\n—  ${encoded}\n`],
    ['a space at the end', `${text}\n— PeterNeumann ${encoded} \n`],
    ['two spaces', `${text}\n—  PeterNeumann ${encoded}\n`],
    ['a no-break space', `${text}\n—\u00a0PeterNeumann ${encoded}\n`],
    ['no signature bytes', `${text}\n— PeterNeumann \n`],
    ['a key ID alone', `${text}\n— PeterNeumann x08gow==\n`],
    ['base64 without padding', `${text}\n${peterLine.replace('=', '')}`],
    ['base64 with stray bits', `${text}\n${peterLine.replace('AM=', 'AN=')}`],
    ['base64url', `${text}\n${peterLine.replace('/', '_')}`],
    ['a control character in the text', `\u0001${text}\n${peterLine}`],
    ['a tab in the text', `\t${text}\n${peterLine}`],
    ['a carriage return', `${text}\n${peterLine}`.replaceAll('\n', '\r\n')],
    ['a NUL', `${text}\0\n\n${peterLine}`],
    ['half a surrogate pair', `\ud800${text}\n${peterLine}`],
    ['101 signatures', `${text}\n${peterLine.repeat(101)}`],
    ['more than a mebibyte', `${'x'.repeat(1024 * 1024)}\n\n${peterLine}`],
  ])('%s: refused', async (_, note) => {
    expect(parseNote(note)).toBeUndefined();
    expect(await openNote(note, [peter])).toMatchObject({ ok: false, id: 'note-malformed' });
  });

  test('100 signatures are parsed', async () => {
    const note = `${text}\n${enochLine.repeat(99)}${peterLine}`;
    expect(await openNote(note, [peter])).toMatchObject({ signatures: [{ verifier: peter }] });
  });

  test('a text that could not be parsed again is not signed', async () => {
    for (const wrong of ['', 'no newline', 'tab\t\n', '\ud800\n']) {
      await expect(signNote(wrong, [peter]), JSON.stringify(wrong)).rejects.toThrow(RangeError);
    }
    await expect(signNote(text, [])).rejects.toThrow(RangeError);
    const cosigner = await generateNoteKey('witness', 'cosignature');
    await expect(signNote(text, [cosigner])).rejects.toThrow(TypeError);
  });

  test('parsing is the inverse of formatting', () => {
    const line = fc
      .string({ unit: 'grapheme' })
      .map((each) => each.replaceAll(/[\p{Cc}\p{Cs}]/gu, ''));
    const name = fc.stringMatching(/^[a-z0-9./]{1,20}$/);
    const signature = fc.record({
      name,
      id: fc.stringMatching(/^[0-9a-f]{8}$/),
      signature: fc
        .uint8Array({ minLength: 1, maxLength: 80 })
        .map((each) => Uint8Array.from(each)),
    });
    const note = fc.record({
      text: fc.array(line, { minLength: 1 }).map((lines) => `${lines.join('\n')}\n`),
      signatures: fc.array(signature, { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(note, (each) => {
        expect(parseNote(formatNote(each))).toEqual(each);
        expect(parseSignatures(formatSignatures(each.signatures))).toEqual(each.signatures);
      }),
    );
  });

  test('the parsers never throw and are the inverse of the formatter', async () => {
    const pieces = fc.array(
      fc.constantFrom(
        text,
        '\n',
        '—',
        ' ',
        peterLine,
        enochLine,
        'PeterNeumann',
        encoded,
        '\u0000',
      ),
    );
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      pieces.map((each) => each.join('')),
    );
    await fc.assert(
      fc.asyncProperty(noise, async (each) => {
        const note = parseNote(each);
        if (note) expect(formatNote(note)).toBe(each);
        const signatures = parseSignatures(each);
        if (signatures) expect(formatSignatures(signatures)).toBe(each);
        await openNote(each, [peter, enoch]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('adding signatures', () => {
  test('a key’s new signature replaces its old one', async () => {
    const witness = await generateNoteKey('witness', 'cosignature');
    const signed = await signNote(text, [peter]);
    const earlier = await cosign(signed, witness, new Date(5000));
    const later = await cosign(earlier, witness, new Date(9999));
    expect(parseNote(later)?.signatures).toHaveLength(2);
    expect(await openNote(later, [peter, witness])).toEqual({
      ok: true,
      text,
      signatures: [{ verifier: peter }, { verifier: witness, time: 9 }],
    });
  });

  test('the latest of several cosignatures of one key counts, in any order', async () => {
    const witness = await generateNoteKey('witness', 'cosignature');
    const lines = await Promise.all(
      [7, 9, 8].map(async (time) =>
        formatSignatures([await cosignText(text, witness, new Date(time * 1000))]),
      ),
    );
    expect(await openNote(`${text}\n${lines.join('')}`, [witness])).toMatchObject({
      signatures: [{ time: 9 }],
    });
  });

  test('a malformed or oversized note is an error', async () => {
    const [peterSignature] = parseNote(both)?.signatures ?? [];
    if (!peterSignature) throw new Error('the example has a signature');
    expect(() => addSignatures('no note', [peterSignature])).toThrow(TypeError);
    const full = `${text}\n${enochLine.repeat(100)}`;
    expect(() => addSignatures(full, [peterSignature])).toThrow(RangeError);
    await expect(cosign('no note', peter, new Date())).rejects.toThrow(TypeError);
  });
});

test('no flipped bit of a signature verifies', async () => {
  const witness = await generateNoteKey('witness', 'cosignature');
  const note = parseNote(await cosign(await signNote(text, [peter]), witness, new Date()));
  for (const signature of note?.signatures ?? []) {
    for (let bit = 0; bit < signature.signature.length * 8; bit++) {
      const flipped = { ...signature, signature: flip(signature.signature, bit) };
      const opened = await openNote(formatNote({ text, signatures: [flipped] }), [peter, witness]);
      expect(opened).toMatchObject({ ok: false, id: 'note-bad-signature' });
    }
  }
});

test('a repeated line is verified once, and a second signature of a key is refused', async () => {
  const verify = vi.spyOn(crypto.subtle, 'verify');
  try {
    expect(await openNote(`${text}\n${peterLine.repeat(100)}`, [peter])).toMatchObject({
      ok: true,
    });
    expect(verify).toHaveBeenCalledTimes(1);
    const others = Array.from({ length: 99 }, (_, at) =>
      formatSignatures([
        { name: peter.name, id: peter.id, signature: new Uint8Array(64).fill(at) },
      ]),
    );
    const opened = await openNote(`${text}\n${peterLine}${others.join('')}`, [peter]);
    expect(opened).toMatchObject({ ok: false, id: 'note-bad-signature' });
    expect(verify).toHaveBeenCalledTimes(2);
  } finally {
    verify.mockRestore();
  }
});
