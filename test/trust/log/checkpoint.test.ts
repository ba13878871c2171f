import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Checkpoint,
  cosign,
  cosignatureVerifierOf,
  formatCheckpoint,
  formatNote,
  generateNoteKey,
  type NoteKey,
  type NoteVerifier,
  parseCheckpoint,
  parseDecimal,
  parseNote,
  parseNoteVerifier,
  signCheckpoint,
  signNote,
  verifyCheckpoint,
} from '../../../trust/index.ts';
import { fromBase64 } from './tree.ts';

const encoded = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
const root = fromBase64(encoded);
const example = `example.com/behind-the-sofa\n20852163\n${encoded}\n`;

describe('the text of a checkpoint', () => {
  test('the specification’s example is parsed and formatted', () => {
    const checkpoint = { origin: 'example.com/behind-the-sofa', size: 20852163, root };
    expect(parseCheckpoint(example)).toEqual(checkpoint);
    expect(formatCheckpoint(checkpoint)).toBe(example);
  });

  test('extension lines and unusual origins are preserved', () => {
    const text = `go.sum database tree\n0\n${encoded}\none\ntwo 2\n`;
    const checkpoint = {
      origin: 'go.sum database tree',
      size: 0,
      root,
      extensions: ['one', 'two 2'],
    };
    expect(parseCheckpoint(text)).toEqual(checkpoint);
    expect(formatCheckpoint(checkpoint)).toBe(text);
  });

  test.each([
    ['nothing', ''],
    ['two lines', 'log\n1\n'],
    ['no last newline', `log\n1\n${encoded}`],
    ['an empty origin', `\n1\n${encoded}\n`],
    ['an empty extension line', `log\n1\n${encoded}\n\n`],
    ['an empty line between extensions', `log\n1\n${encoded}\na\n\nb\n`],
    ['a root of 31 bytes', `log\n1\n${Buffer.alloc(31).toString('base64')}\n`],
    ['a root of 33 bytes', `log\n1\n${Buffer.alloc(33).toString('base64')}\n`],
    ['an empty root', 'log\n1\n\n'],
    ['a root without padding', `log\n1\n${encoded.slice(0, -1)}\n`],
    ['a root with stray bits', `log\n1\n${encoded.replace('2I=', '2J=')}\n`],
    ['a root in base64url', `log\n1\n${encoded.replace('/', '_')}\n`],
    ['a root with a space', `log\n1\n${encoded} \n`],
    ['a root in hexadecimal', `log\n1\n${'ab'.repeat(32)}\n`],
  ])('%s: refused', (_, text) => {
    expect(parseCheckpoint(text)).toBeUndefined();
  });

  test.each([
    ['0', 0],
    ['1', 1],
    ['10', 10],
    ['4294967296', 2 ** 32],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', undefined],
    ['9007199254740993', undefined],
    ['9223372036854775807', undefined],
    ['18446744073709551616', undefined],
    ['00', undefined],
    ['01', undefined],
    ['-0', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1.0', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['1_000', undefined],
    [' 1', undefined],
    ['1 ', undefined],
    ['1\r', undefined],
    ['', undefined],
    ['١', undefined],
    ['１', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
  ])('the size %j is %j', (text, size) => {
    expect(parseDecimal(text)).toBe(size);
    expect(parseCheckpoint(`log\n${text}\n${encoded}\n`)?.size).toBe(size);
  });

  test('a checkpoint that could not be parsed again is not formatted', () => {
    const good = { origin: 'log', size: 1, root };
    const wrong: Checkpoint[] = [
      { ...good, origin: '' },
      { ...good, origin: 'a\nb' },
      { ...good, size: -1 },
      { ...good, size: 0.5 },
      { ...good, size: 2 ** 53 },
      { ...good, size: Number.NaN },
      { ...good, root: root.slice(1) },
      { ...good, extensions: [''] },
      { ...good, extensions: ['a\nb'] },
    ];
    for (const each of wrong) expect(() => formatCheckpoint(each)).toThrow(RangeError);
  });

  test('the parser never throws and is the inverse of the formatter', () => {
    const pieces = fc.array(fc.constantFrom('log', '\n', '1', '0', encoded, ' '));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      pieces.map((each) => each.join('')),
    );
    fc.assert(
      fc.property(text, (each) => {
        const checkpoint = parseCheckpoint(each);
        if (checkpoint) expect(formatCheckpoint(checkpoint)).toBe(each);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a signed checkpoint', () => {
  const origin = 'registry.example.org/log';
  const checkpoint = { origin, size: 7, root };
  let key: NoteKey;
  let witness: NoteKey;
  let signed: string;
  beforeAll(async () => {
    key = await generateNoteKey(origin);
    witness = await generateNoteKey('witness.example.org/w1', 'cosignature');
    signed = await signCheckpoint(checkpoint, key);
  });

  test('verifies, with the time of each given cosigner', async () => {
    const log = { origin, keys: [key] };
    expect(await verifyCheckpoint(signed, log)).toEqual({
      ok: true,
      checkpoint,
      signatures: [{ verifier: key }],
    });
    const self = await cosignatureVerifierOf(key);
    const cosigned = await cosign(
      await cosign(signed, key, new Date('2026-01-02T03:04:05.999Z')),
      witness,
      new Date(0),
    );
    expect(await verifyCheckpoint(cosigned, log, [self, witness])).toMatchObject({
      ok: true,
      signatures: [
        { verifier: key },
        { verifier: self, time: Date.UTC(2026, 0, 2, 3, 4, 5) / 1000 },
        { verifier: witness, time: 0 },
      ],
    });
    expect(await verifyCheckpoint(cosigned, log)).toMatchObject({
      signatures: [{ verifier: key }],
    });
  });

  test('verifies with one of several keys of the log', async () => {
    const next = await generateNoteKey(origin);
    const log = { origin, keys: [next, key] };
    expect(await verifyCheckpoint(signed, log)).toMatchObject({ ok: true });
    const twice = await signCheckpoint(checkpoint, key, next);
    expect(await verifyCheckpoint(twice, { origin, keys: [next] })).toMatchObject({ ok: true });
  });

  test('is refused with a reason', async () => {
    const log = { origin, keys: [key] };
    const stranger = await generateNoteKey(origin);
    const text = formatCheckpoint(checkpoint);
    const unsigned = await cosign(await signCheckpoint(checkpoint, stranger), witness, new Date());
    const { signatures } = parseNote(signed) ?? { signatures: [] };
    const cases: [string, string, string][] = [
      ['no note', text, 'note-malformed'],
      ['a stranger', await signCheckpoint(checkpoint, stranger), 'note-unknown-signers'],
      ['only a witness', unsigned, 'checkpoint-not-by-log'],
      [
        'another size',
        formatNote({ text: text.replace('\n7\n', '\n8\n'), signatures }),
        'note-bad-signature',
      ],
      [
        'another log',
        await signCheckpoint({ ...checkpoint, origin: 'other' }, key),
        'checkpoint-other-log',
      ],
      ['no checkpoint', await signNote('hello\n', [key]), 'checkpoint-malformed'],
    ];
    for (const [what, note, id] of cases) {
      expect(await verifyCheckpoint(note, log, [witness]), what).toMatchObject({ ok: false, id });
    }
  });

  test('a cosignature is valid for its text and time only and is not a plain signature', async () => {
    const log = { origin, keys: [key] };
    const cosigned = await cosign(signed, witness, new Date(1000));
    const [logSignature, cosignature] = parseNote(cosigned)?.signatures ?? [];
    if (!logSignature || !cosignature) throw new Error('two keys have signed it');
    const verify = (text: string, bytes: Uint8Array<ArrayBuffer>) =>
      verifyCheckpoint(
        formatNote({ text, signatures: [{ ...cosignature, signature: bytes }, logSignature] }),
        log,
        [witness],
      );
    const text = formatCheckpoint(checkpoint);
    const both = { ok: true, signatures: [{ verifier: key }, { verifier: witness, time: 1 }] };
    const onlyLog = { ok: true, signatures: [{ verifier: key }] };
    expect(await verify(text, cosignature.signature)).toMatchObject(both);
    const plain = cosignature.signature.slice(8);
    const beyond = cosignature.signature.slice();
    beyond[0] = 0xff;
    for (const bytes of [plain, beyond, Uint8Array.of(...cosignature.signature, 0)]) {
      expect(await verify(text, bytes)).toMatchObject(onlyLog);
    }
    const extended = formatCheckpoint({ ...checkpoint, extensions: ['more'] });
    expect(await verify(extended, cosignature.signature)).toMatchObject({
      id: 'note-bad-signature',
    });
  });
});

test('a cosigned checkpoint of a public log verifies with the published keys of its witnesses', async () => {
  // arche2025h1.staging.ct.transparency.dev on 24 May 2026, with a signature of another type among them.
  const note = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;
  const keys = await Promise.all(
    [
      'arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f',
      'transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM',
      'witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO',
      'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2',
      'witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv',
    ].map(parseNoteVerifier),
  );
  const [log, ...witnesses] = keys as [NoteVerifier, ...NoteVerifier[]];
  const time = 0x6a122120;
  expect(await verifyCheckpoint(note, { origin: log.name, keys: [log] }, witnesses)).toEqual({
    ok: true,
    checkpoint: {
      origin: log.name,
      size: 1432088532,
      root: fromBase64('U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro='),
    },
    signatures: [{ verifier: log }, ...witnesses.map((verifier) => ({ verifier, time }))],
  });
});
