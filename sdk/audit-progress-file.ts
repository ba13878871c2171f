import { rm } from 'node:fs/promises';
import * as z from 'zod';
import { decodeBase64, encodeBase64, LogEntry, type SeenCheckpoint } from '../trust/index.ts';
import { isHash } from '../trust/log/index.ts';
import type { AuditProgress } from './audit.ts';
import { readTextIfPresent, writeFileAtomically } from './files.ts';

const Seen = z
  .strictObject({ size: z.int().min(0), root: z.string() })
  .transform(({ size, root }, context): SeenCheckpoint => {
    const hash = decodeBase64(root);
    if (isHash(hash)) return { size, root: hash };
    context.addIssue('must be a hash');
    return z.NEVER;
  });

const kinds = LogEntry.options.map(({ shape }) => shape.kind.value);

const ProgressFile = z.strictObject({
  /** Identifies the audit (see {@link describeAudit}). */
  about: z.string(),
  from: z.int().min(0),
  done: Seen,
  target: Seen,
  kinds: z.partialRecord(z.enum(kinds), z.int().min(0)),
  blinded: z.int().min(0),
});

/** The path of the file with the progress of an audit that continues from the checkpoint in `state`: beside it. */
export function progressPath(state: string): string {
  return `${state}.progress`;
}

/** Identifies an audit: the log, its starting point, and whether contents are checked. */
export function describeAudit(log: string, from: SeenCheckpoint | undefined, contents: boolean) {
  const start = from ? `${from.size}.${encodeBase64(from.root)}` : '0';
  return `${log} from ${start}${contents ? '' : ' without contents'}`;
}

/** Reads the progress of an interrupted audit; `undefined` if there is none for this audit or its file is damaged. */
export async function readProgress(
  path: string,
  about: string,
): Promise<AuditProgress | undefined> {
  const text = await readTextIfPresent(path);
  try {
    const { data } = ProgressFile.safeParse(JSON.parse(text ?? ''));
    if (data?.about !== about) return undefined;
    const counted = Object.entries(data.kinds) as [LogEntry['kind'], number][];
    return { ...data, kinds: new Map(counted), entries: [] };
  } catch {
    return undefined;
  }
}

/** Replaces the progress file atomically. Selected entries are not stored in it. */
export async function writeProgress(
  path: string,
  about: string,
  { from, done, target, kinds, blinded }: AuditProgress,
): Promise<void> {
  const plain = ({ size, root }: SeenCheckpoint) => ({ size, root: encodeBase64(root) });
  const data = {
    about,
    from,
    done: plain(done),
    target: plain(target),
    kinds: Object.fromEntries(kinds),
    blinded,
  };
  await writeFileAtomically(path, `${JSON.stringify(data)}\n`, 0o644);
}

/** Deletes the progress file when the audit has finished. */
export async function removeProgress(path: string): Promise<void> {
  await rm(path, { force: true });
}
