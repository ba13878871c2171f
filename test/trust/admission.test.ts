import { beforeAll, describe, expect, test } from 'vitest';
import { type LogPolicy, verifyLog } from '../../trust/index.ts';
import {
  addSignatures,
  cosign,
  cosignerOf,
  cosignText,
  emptyRoot,
  formatNote,
  generateNoteKey,
  type NoteKey,
  type NoteSignature,
  parseNote,
  signCheckpoint,
} from '../../trust/log/index.ts';

describe('a cosigned checkpoint', () => {
  const now = new Date('2026-05-04T03:02:01Z');
  const minutes = (count: number) => new Date(now.getTime() + count * 60_000);
  let log: NoteKey;
  let first: NoteKey;
  let second: NoteKey;
  let signed: string;
  let text: string;

  beforeAll(async () => {
    log = await generateNoteKey('registry.test/log');
    first = await generateNoteKey('first.test', 'cosignature');
    second = await generateNoteKey('second.test', 'cosignature');
    const checkpoint = await signCheckpoint({ origin: log.name, size: 0, root: emptyRoot() }, log);
    signed = await cosign(checkpoint, await cosignerOf(log), now);
    text = parseNote(signed)?.text ?? '';
  });

  const by = (key: NoteKey, time = now) => cosignText(text, key, time);
  const under = (key: NoteKey, { signature }: NoteSignature): NoteSignature => ({
    name: key.name,
    id: key.id,
    signature,
  });

  async function verify(
    added: NoteSignature[],
    { threshold = 1, note = signed }: { threshold?: number; note?: string } = {},
  ): Promise<string> {
    const own = parseNote(note)?.signatures ?? [];
    const checkpoint = formatNote({ text, signatures: [...added, ...own] });
    const policy: LogPolicy = {
      key: log,
      witnesses: [first, second],
      witnessThreshold: threshold,
      maxAge: 3600,
    };
    const verified = await verifyLog(
      { checkpoint, consistency: [] },
      { log: policy, seen: undefined, now },
    );
    return verified.ok ? 'ok' : verified.id;
  }

  test('is accepted with the required number of witnesses', async () => {
    expect(await verify([await by(first)])).toBe('ok');
    expect(await verify([await by(first), await by(second)], { threshold: 2 })).toBe('ok');
    expect(await verify([await by(first)], { threshold: 2 })).toBe('checkpoint-witnesses');
  });

  test('is accepted despite an invalid cosignature', async () => {
    const good = await by(first);
    const garbage = { ...(await by(second)), signature: new Uint8Array(72).fill(7) };
    const others: [string, NoteSignature[]][] = [
      ['nonsense', [garbage]],
      ["another's signature", [under(second, good)]],
      ['a time six minutes ahead', [await by(second, minutes(6))]],
      ['a time long past', [await by(second, minutes(-100))]],
      ['nonsense under the name of the one that is good', [under(first, garbage)]],
      ['a signature of another length', [{ ...garbage, signature: new Uint8Array(5) }]],
      ['ninety lines of nonsense', Array.from({ length: 90 }, (_, at) => numbered(first, at))],
      ['one that is ahead from the one that is good', [await by(first, minutes(6))]],
    ];
    for (const [what, lines] of others) {
      expect(await verify([...lines, good]), what).toBe('ok');
      expect(await verify([good, ...lines]), what).toBe('ok');
      expect(await verify([good, ...lines], { threshold: 2 }), what).toBe('checkpoint-witnesses');
      expect(await verify(lines), what).toBe('checkpoint-witnesses');
    }
  });

  function numbered(key: NoteKey, at: number): NoteSignature {
    return { name: key.name, id: key.id, signature: new Uint8Array(72).fill(at) };
  }

  test('counts each witness once', async () => {
    const lines = [await by(first), await by(first, minutes(-1)), await by(first)];
    expect(await verify(lines, { threshold: 2 })).toBe('checkpoint-witnesses');
  });

  test('is refused with an invalid signature of the log’s key, of either type', async () => {
    const good = await by(first);
    const [own, cosigned] = parseNote(signed)?.signatures ?? [];
    if (!own || !cosigned) throw new Error('the log has signed it twice');
    for (const one of [own, cosigned]) {
      const bad = { ...one, signature: one.signature.slice() };
      bad.signature[20] = (bad.signature[20] ?? 0) ^ 1;
      expect(await verify([good, bad])).toBe('note-bad-signature');
    }
  });

  test('is refused if the log’s own time is in the future', async () => {
    const note = addSignatures(signed, [await cosignText(text, await cosignerOf(log), minutes(6))]);
    expect(await verify([await by(first)], { note })).toBe('checkpoint-future');
  });
});
