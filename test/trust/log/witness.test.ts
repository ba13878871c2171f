import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type AddCheckpoint,
  type Checkpoint,
  decide,
  formatAddCheckpoint,
  generateNoteKey,
  type Hash,
  type NoteKey,
  openNote,
  parseAddCheckpoint,
  signCheckpoint,
  signNote,
  type Witness,
  type WitnessedLog,
} from '../../../trust/index.ts';
import { fromBase64, makeLeaves, ReferenceTree } from './tree.ts';

describe('the request', () => {
  const lines = [
    'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=',
    'jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=',
    '5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=',
    '/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=',
  ];
  const checkpoint = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`;
  const [line = ''] = lines;

  test('the specification’s example is parsed and formatted', () => {
    const body = `old 20852014\n${lines.join('\n')}\n\n${checkpoint}`;
    const request = { oldSize: 20852014, proof: lines.map(fromBase64), checkpoint };
    expect(parseAddCheckpoint(body)).toEqual(request);
    expect(formatAddCheckpoint(request)).toBe(body);
  });

  test('the proof may have 0 to 63 hashes', () => {
    expect(parseAddCheckpoint(`old 0\n\n${checkpoint}`)?.proof).toEqual([]);
    const long = `old 1\n${`${line}\n`.repeat(63)}\n${checkpoint}`;
    expect(parseAddCheckpoint(long)?.proof).toHaveLength(63);
  });

  test.each([
    ['nothing', ''],
    ['no empty line', `old 1\n${line}\n`],
    ['no old size', `\n\n${checkpoint}`],
    ['an old size without a number', `old\n\n${checkpoint}`],
    ['a size with a leading zero', `old 01\n\n${checkpoint}`],
    ['a negative size', `old -1\n\n${checkpoint}`],
    ['a size beyond 2^53', `old 9007199254740993\n\n${checkpoint}`],
    ['two spaces', `old  1\n\n${checkpoint}`],
    ['a capital', `Old 1\n\n${checkpoint}`],
    ['carriage returns', `old 1\r\n\r\n${checkpoint}`],
    ['a hash of 31 bytes', `old 1\n${Buffer.alloc(31).toString('base64')}\n\n${checkpoint}`],
    ['a hash without padding', `old 1\n${line.slice(0, -1)}\n\n${checkpoint}`],
    ['64 hashes', `old 1\n${`${line}\n`.repeat(64)}\n${checkpoint}`],
  ])('%s: refused', async (_, body) => {
    expect(parseAddCheckpoint(body)).toBeUndefined();
  });

  test('the parser never throws and is the inverse of the formatter', () => {
    const pieces = fc.array(fc.constantFrom('old ', '0', '1', '\n', line, checkpoint));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      pieces.map((each) => each.join('')),
    );
    fc.assert(
      fc.property(text, (body) => {
        const request = parseAddCheckpoint(body);
        if (request) expect(formatAddCheckpoint(request)).toBe(body);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the response', () => {
  const origin = 'registry.example.org/log';
  const now = new Date('2026-03-04T05:06:07.800Z');
  const tree = new ReferenceTree(makeLeaves(40));
  const fork = new ReferenceTree(makeLeaves(40).toReversed());
  let key: NoteKey;
  let cosigner: NoteKey;
  beforeAll(async () => {
    key = await generateNoteKey(origin);
    cosigner = await generateNoteKey('witness.example.org/w1', 'cosignature');
  });

  const at = (size: number, of = tree): Checkpoint => ({ origin, size, root: of.root(0, size) });
  const witness = (latest?: number, changes: Partial<WitnessedLog> = {}): Witness => ({
    find: (requested) =>
      requested === origin
        ? {
            origin,
            keys: [key],
            latest: latest === undefined ? undefined : at(latest),
            ...changes,
          }
        : undefined,
    keys: [cosigner],
    now,
  });
  const request = async (
    oldSize: number,
    checkpoint: Checkpoint,
    changes: Partial<AddCheckpoint> = {},
  ): Promise<string> => {
    const provable = oldSize > 0 && oldSize < checkpoint.size;
    return formatAddCheckpoint({
      oldSize,
      proof: provable ? tree.subproof(oldSize, 0, checkpoint.size, true) : [],
      checkpoint: await signCheckpoint(checkpoint, key),
      ...changes,
    });
  };

  test.each([
    [undefined, 0, 0],
    [undefined, 0, 1],
    [undefined, 0, 29],
    [0, 0, 5],
    [1, 1, 2],
    [13, 13, 29],
    [16, 16, 29],
    [29, 29, 29],
  ])('after %j, from %i to %i: cosigns', async (latest, oldSize, size) => {
    const body = await request(oldSize, at(size));
    const decision = await decide(witness(latest), body);
    expect(decision).toMatchObject({ status: 200, latest: at(size) });
    // The response's lines, appended to the checkpoint, verify with the witness's key.
    const note = parseAddCheckpoint(body)?.checkpoint + decision.body;
    expect(await openNote(note, [key, cosigner])).toMatchObject({
      ok: true,
      signatures: [{ verifier: key }, { verifier: cosigner, time: Math.floor(+now / 1000) }],
    });
  });

  test.each([
    [undefined, 5, 29, '0\n'],
    [13, 0, 29, '13\n'],
    [13, 12, 29, '13\n'],
    [13, 5, 5, '13\n'],
    [29, 13, 20, '29\n'],
  ])('after %j, from %i to %i: conflicts with its size', async (latest, oldSize, size, body) => {
    expect(await decide(witness(latest), await request(oldSize, at(size)))).toEqual({
      status: 409,
      contentType: 'text/x.tlog.size',
      body,
    });
  });

  test('another tree of the same size: conflicts', async () => {
    expect(await decide(witness(29), await request(29, at(29, fork)))).toMatchObject({
      status: 409,
      body: '29\n',
    });
    const emptyButNot = { origin, size: 0, root: tree.root(0, 1) };
    expect(await decide(witness(), await request(0, emptyButNot))).toMatchObject({ status: 409 });
  });

  test('an invalid proof: is unprocessable', async () => {
    const [hash] = tree.leaves as [Hash];
    const good = tree.subproof(13, 0, 29, true);
    const cases = [
      await request(13, at(29), { proof: [] }),
      await request(13, at(29), { proof: good.slice(1) }),
      await request(13, at(29), { proof: [...good, hash] }),
      await request(13, at(29), { proof: good.toReversed() }),
      await request(13, at(29, fork)),
      await request(13, at(29, fork), { proof: fork.subproof(13, 0, 29, true) }),
      await request(13, at(13), { proof: [hash] }),
    ];
    for (const body of cases) {
      expect(await decide(witness(13), body)).toMatchObject({ status: 422 });
    }
    const first = await request(0, at(29), { proof: [hash] });
    expect(await decide(witness(), first)).toMatchObject({ status: 422 });
  });

  test('a malformed request: is bad, for any log', async () => {
    const cases = [
      '',
      'old 0\n\nno checkpoint\n',
      await request(0, at(29), { checkpoint: await signNote('no checkpoint\n', [key]) }),
      await request(30, at(29)),
    ];
    for (const body of cases) expect(await decide(witness(), body)).toMatchObject({ status: 400 });
  });

  test('an unknown log: is not found, before its signature is verified', async () => {
    const body = await request(0, { ...at(29), origin: 'elsewhere.example/log' });
    expect(await decide(witness(), body)).toMatchObject({ status: 404 });
  });

  test('a checkpoint that the log has not signed: is forbidden, before its sizes are compared', async () => {
    const stranger = await generateNoteKey(origin);
    const checkpoint = await signCheckpoint(at(29), stranger);
    const body = await request(30, at(29), { checkpoint });
    expect(await decide(witness(13), body)).toMatchObject({ status: 403 });
    const changed = (await signCheckpoint(at(29), key)).replace('\n29\n', '\n30\n');
    expect(
      await decide(witness(13), await request(13, at(29), { checkpoint: changed })),
    ).toMatchObject({ status: 403 });
  });

  test('signatures of other keys are ignored', async () => {
    const stranger = await generateNoteKey('stranger');
    const checkpoint = await signCheckpoint(at(29), stranger, key);
    const body = await request(13, at(29), { checkpoint });
    expect(await decide(witness(13), body)).toMatchObject({ status: 200 });
  });

  test('never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (body) => {
        expect((await decide(witness(), body)).status).toBe(400);
      }),
    );
  });
});
