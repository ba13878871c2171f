import { eq, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { orFindDone } from './outcome.ts';
import { profiles, quotas } from './schema.ts';

/** How many profiles and versions, and how many bytes of them. */
export interface Amounts {
  profiles: number;
  versions: number;
  bytes: number;
}

/** What a team has stored, and the limits of its own; null where the registry's apply. */
export interface Quota {
  used: Amounts;
  own: { [K in keyof Amounts]: number | null };
}

export async function readQuota(db: Database, team: string): Promise<Quota> {
  const [row] = await db.select().from(quotas).where(eq(quotas.team, team));
  return {
    used: {
      profiles: row?.profiles ?? 0,
      versions: row?.versions ?? 0,
      bytes: row?.bytes ?? 0,
    },
    own: {
      profiles: row?.maxProfiles ?? null,
      versions: row?.maxVersions ?? null,
      bytes: row?.maxBytes ?? null,
    },
  };
}

/** Gives a team limits of its own; what is null goes back to the registry's, what is left out stays. */
export async function setQuota(
  db: Database,
  team: string,
  own: { [K in keyof Amounts]?: number | null | undefined },
): Promise<void> {
  const { profiles: maxProfiles, versions: maxVersions, bytes: maxBytes } = own;
  const set = Object.fromEntries(
    Object.entries({ maxProfiles, maxVersions, maxBytes }).filter(([, max]) => max !== undefined),
  );
  const insert = db.insert(quotas).values({ team, ...set });
  await orFindDone(
    async () => {
      await (Object.keys(set).length === 0
        ? insert.onConflictDoNothing()
        : insert.onConflictDoUpdate({ target: quotas.team, set }));
      return true;
    },
    async () => {
      const now = (await readQuota(db, team)).own;
      const isDone = Object.entries(own).every(
        ([name, max]) => max === undefined || now[name as keyof Amounts] === max,
      );
      return isDone || undefined;
    },
  );
}

/**
 * The statements that count a version which is about to be stored; they come before those that store it. They
 * fail, and with them whatever shares their transaction, when the team would have more than it may: a NOT NULL
 * breaks.
 */
export function countVersion(
  db: Database,
  { team, name, bytes }: { team: string; name: string; bytes: number },
  limits: Amounts,
): [Statement, Statement] {
  const fresh = sql`NOT EXISTS (SELECT 1 FROM ${profiles} WHERE ${profiles.team} = ${team} AND ${profiles.name} = ${name})`;
  return [
    db.insert(quotas).values({ team }).onConflictDoNothing(),
    db
      .update(quotas)
      .set({
        profiles: sql`CASE WHEN NOT (${fresh}) OR ${quotas.profiles} < coalesce(${quotas.maxProfiles}, ${limits.profiles}) THEN ${quotas.profiles} + (${fresh}) END`,
        versions: sql`CASE WHEN ${quotas.versions} < coalesce(${quotas.maxVersions}, ${limits.versions}) THEN ${quotas.versions} + 1 END`,
        bytes: sql`CASE WHEN ${quotas.bytes} + ${bytes} <= coalesce(${quotas.maxBytes}, ${limits.bytes}) THEN ${quotas.bytes} + ${bytes} END`,
      })
      .where(eq(quotas.team, team)),
  ];
}
