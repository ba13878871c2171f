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
    deprecated: z
      .string()
      .optional()
      .transform((text): string | undefined => text),
    revokedKeys: z
      .int()
      .optional()
      .transform((count): number | undefined => count),
  }),
  z.object({
    ok: z.literal(false),
    reason: z.string(),
    id: z
      .string()
      .optional()
      .transform((id): string | undefined => id),
  }),
]);

/** The registry's responses to the last sync, for conditional requests. */
const SyncState = z.object({
  registry: z.string(),
  /** The references and their resolutions, in order. */
  references: z.array(z.string()),
  meanings: z.array(Meaning),
  etags: z.array(z.string()),
  checkedAt: z.iso.datetime(),
  /** When its log was last verified to extend the previous one. */
  logSeenAt: z.iso.datetime(),
  /** The number of revoked keys of each team that the log proved. */
  revokedKeys: z.record(z.string(), z.int()).default({}),
});
export type SyncState = z.infer<typeof SyncState>;

/** The maximum size of the file, in bytes: that of twenty thousand profiles. */
const maxState = 4 * 1024 * 1024;

/**
 * The responses of the last sync; `undefined` if there was none or the file can't be read: everything is requested
 * again.
 */
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
  // Without it the next run requests everything again.
  if (Buffer.byteLength(text) > maxState) remove(place);
  else await write(place, text, 0o644);
}
