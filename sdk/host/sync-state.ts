import * as z from 'zod';
import { type Digest, isDigest, parseJson } from '../../trust/index.ts';
import { statePlace } from './state.ts';
import { readText, remove, write } from './tree.ts';

const Meaning = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    version: z.string(),
    digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
    yanked: z
      .string()
      .optional()
      .transform((text): string | undefined => text),
    revokedKeys: z
      .int()
      .optional()
      .transform((count): number | undefined => count),
  }),
  z.object({ ok: z.literal(false), reason: z.string() }),
]);

/** What the registry has answered to the last sync, so that the next may ask whether that is still so. */
const SyncState = z.object({
  registry: z.string(),
  /** What was asked, and what that meant, each at its place. */
  references: z.array(z.string()),
  meanings: z.array(Meaning),
  etags: z.array(z.string()),
  checkedAt: z.iso.datetime(),
  /** When its log was last seen to go on. */
  logSeenAt: z.iso.datetime(),
  /** How many keys of a team it could show to be revoked when it was asked last. */
  revokedKeys: z.record(z.string(), z.int()).default({}),
});
export type SyncState = z.infer<typeof SyncState>;

/** The most that the file may hold, in bytes: that of twenty thousand profiles. */
const maxState = 4 * 1024 * 1024;

/** The last sync's answers; `undefined` when there was none, or it can't be read: it is asked for again. */
export async function readSyncState(root: string): Promise<SyncState | undefined> {
  const text = readText(statePlace(root, 'sync.json'), maxState);
  if (text === undefined) return undefined;
  try {
    return SyncState.parse(parseJson(text));
  } catch {
    return undefined;
  }
}

export async function writeSyncState(root: string, state: SyncState): Promise<void> {
  const text = `${JSON.stringify(state)}\n`;
  const place = statePlace(root, 'sync.json');
  // Without it the next run asks again.
  if (Buffer.byteLength(text) > maxState) remove(place);
  else await write(place, text, 0o644);
}
