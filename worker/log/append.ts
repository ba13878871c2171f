import type { Database } from '../../db/database.ts';
import {
  growLog,
  type LogHead,
  readLogHead,
  readLogWithEntries,
  type Statement,
} from '../../db/log.ts';
import {
  appendLeaf,
  type Frontier,
  formatEntry,
  type Hash,
  type LogEntry,
  leafHash,
  proveAppended,
} from '../../trust/log/index.ts';
import type { AppendedEntry } from '../ports.ts';
import { createGroups } from './group.ts';

/** The maximum number of attempts to append while other writers win. */
const maxAttempts = 200;

/** An entry to append; see `Log.append`. */
interface Append {
  entry: LogEntry;
  statements: (index: number) => Statement[];
  superseded: () => Promise<boolean>;
  head: LogHead | undefined;
}

interface AppenderOptions {
  db: Database;
  /** Signs a checkpoint of a tree. */
  sign: (frontier: Frontier) => Promise<string>;
  /** The first proof of an entry, from the checkpoint that it was appended with; `undefined` if it needs witnesses. */
  proofOf: (entry: string, proof: AppendProof) => AppendedEntry['prove'];
  /**
   * Appends what arrives during a transaction together in the next, since each waits for the disk. Off on Workers, where a
   * cancelled request would block the others.
   */
  grouped: boolean;
}

/** An inclusion proof in the tree of a checkpoint. */
interface AppendProof {
  inclusion: Hash[];
  checkpoint: string;
}

/** The entry of an append, as it would grow a tree. */
interface Growth {
  text: string;
  before: LogHead;
  after: LogHead;
  statements: Statement[];
}

function newest(one: LogHead | undefined, other: LogHead | undefined): LogHead | undefined {
  if (!one || !other) return one ?? other;
  return one.frontier.size >= other.frontier.size ? one : other;
}

/** Appends to the log; see `Log.append`. Concurrent appends by other processes are retried. */
export function createAppender({ db, sign, proofOf, grouped }: AppenderOptions) {
  /** The head after this process's last append: saves a read, and a wrong guess only costs a retry. */
  let known: LogHead | undefined;

  async function grow({ entry, statements }: Append, before: LogHead): Promise<Growth> {
    const text = formatEntry(entry);
    const hash = leafHash(new TextEncoder().encode(text));
    const { frontier, tileHashes } = appendLeaf(before.frontier, hash);
    const after = { frontier, checkpoint: await sign(frontier) };
    const growth = growLog(db, { entry: text, tileHashes, before, after });
    return { text, before, after, statements: [...statements(before.frontier.size), ...growth] };
  }

  /** Commits entries in one transaction. */
  async function commit(growths: readonly Growth[]): Promise<AppendedEntry[]> {
    const all = growths.flatMap(({ statements }) => statements);
    await db.batch(all as [Statement, ...Statement[]]);
    known = growths.at(-1)?.after;
    return growths.map(({ text, before, after }) => {
      const inclusion = proveAppended(before.frontier);
      const prove = proofOf(text, { inclusion, checkpoint: after.checkpoint });
      return { index: before.frontier.size, ...(prove && { prove }) };
    });
  }

  /** Appends one entry; `tried` has the indexes where it may have been committed although the response was lost. */
  async function append(one: Append, tried = new Set<number>()) {
    const text = formatEntry(one.entry);
    let failed: { error: unknown; head: LogHead; guessed: boolean } | undefined;
    for (let attempt = 1; ; attempt++) {
      const isSuperseded = failed !== undefined && (await one.superseded());
      const guessed = failed || tried.size > 0 ? undefined : newest(known, one.head);
      const { head, entries } =
        tried.size > 0
          ? await readLogWithEntries(db, [...tried])
          : { head: guessed ?? (await readLogHead(db)), entries: new Map<number, string>() };
      for (const [place, data] of entries) {
        if (data === text) return { index: place };
        tried.delete(place);
      }
      if (isSuperseded) return undefined;
      // If the log has not changed, another writer was not the cause.
      if (failed && !failed.guessed) {
        const isStill = head.checkpoint === failed.head.checkpoint;
        if (isStill || attempt > maxAttempts) throw failed.error;
      }
      const growth = await grow(one, head);
      try {
        const [appended] = await commit([growth]);
        return appended;
      } catch (error) {
        known = undefined;
        tried.add(head.frontier.size);
        failed = { error, head, guessed: guessed !== undefined };
        if (!guessed)
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * attempt));
      }
    }
  }

  /** Appends entries in one transaction or, if one of them can't be committed, one by one. */
  async function appendGroup(
    group: readonly Append[],
  ): Promise<PromiseSettledResult<AppendedEntry | undefined>[]> {
    const tried = group.map(() => new Set<number>());
    if (group.length > 1) {
      let head = group.map((one) => one.head).reduce(newest, known) ?? (await readLogHead(db));
      const growths: Growth[] = [];
      for (const [at, one] of group.entries()) {
        const growth = await grow(one, head);
        growths.push(growth);
        tried[at]?.add(head.frontier.size);
        head = growth.after;
      }
      try {
        const appended = await commit(growths);
        return appended.map((value) => ({ status: 'fulfilled', value }));
      } catch {
        // Another process has appended, or one of them fails, which reports why by itself.
        known = undefined;
      }
    }
    const results: PromiseSettledResult<AppendedEntry | undefined>[] = [];
    for (const [at, one] of group.entries())
      results.push(...(await Promise.allSettled([append(one, tried[at])])));
    return results;
  }

  return grouped ? createGroups(appendGroup) : (one: Append) => append(one);
}
