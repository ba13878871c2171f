import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { writeOrConfirm } from './outcome.ts';
import { prepared } from './prepared.ts';
import { profiles, quotas } from './schema.ts';

/** A team's storage: the number of profiles and versions, and their size. */
export interface Stored {
  profiles: number;
  versions: number;
  bytes: number;
}

/** The amounts that a quota limits. */
export interface Amounts extends Stored {
  /** Other changes per day (UTC). */
  changes: number;
  tokens: number;
  webhooks: number;
  /** Hosts that joined the team and are not retired. */
  hosts: number;
}

/** A team's usage and its own limits; null where the registry's apply. */
export interface Quota {
  used: Stored & Pick<Amounts, 'changes'>;
  own: { [K in keyof Amounts]: number | null };
}

/** The day that changes are counted for, in UTC. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 'YYYY-MM-DD'.length);
}

/** The query of {@link readQuota}. */
export const quotaOfTeam = prepared((db) =>
  db
    .select()
    .from(quotas)
    .where(eq(quotas.team, sql.placeholder('team'))),
);

export async function readQuota(db: Database, team: string, now: Date): Promise<Quota> {
  return toQuota(await quotaOfTeam(db).get({ team }), now);
}

/** The usage and limits in a team's row; without one, it has used nothing. */
export function toQuota(row: typeof quotas.$inferSelect | undefined, now: Date): Quota {
  return {
    used: {
      profiles: row?.profiles ?? 0,
      versions: row?.versions ?? 0,
      bytes: row?.bytes ?? 0,
      changes: row?.changesDay === dayOf(now) ? row.changes : 0,
    },
    own: {
      profiles: row?.maxProfiles ?? null,
      versions: row?.maxVersions ?? null,
      bytes: row?.maxBytes ?? null,
      changes: row?.maxChanges ?? null,
      tokens: row?.maxTokens ?? null,
      webhooks: row?.maxWebhooks ?? null,
      hosts: row?.maxHosts ?? null,
    },
  };
}

/** Sets a team's own limits: null resets to the registry's, undefined keeps the current one. */
export async function setQuota(
  db: Database,
  team: string,
  own: { [K in keyof Amounts]?: number | null | undefined },
): Promise<void> {
  const limits = {
    maxProfiles: own.profiles,
    maxVersions: own.versions,
    maxBytes: own.bytes,
    maxChanges: own.changes,
    maxTokens: own.tokens,
    maxWebhooks: own.webhooks,
    maxHosts: own.hosts,
  };
  const set = Object.fromEntries(Object.entries(limits).filter(([, max]) => max !== undefined));
  const insert = db.insert(quotas).values({ team, ...set });
  await writeOrConfirm(
    async () => {
      await (Object.keys(set).length === 0
        ? insert.onConflictDoNothing()
        : insert.onConflictDoUpdate({ target: quotas.team, set }));
      return true;
    },
    async () => {
      const [row] = await db.select().from(quotas).where(eq(quotas.team, team));
      const isDone = Object.entries(set).every(
        ([name, max]) => row?.[name as keyof typeof limits] === max,
      );
      return (row !== undefined && isDone) || undefined;
    },
  );
}

/**
 * The statements that count a version; they come before those that store it. Over the quota they violate a NOT NULL and
 * fail, with their whole transaction.
 */
export function countVersion(
  db: Database,
  { team, name, bytes }: { team: string; name: string; bytes: number },
  limits: Stored,
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

/**
 * The statements that count a change by a team; over the daily quota they fail like those of {@link countVersion}. A
 * `logged` change also fails for a team with a quota of zero versions or bytes, which may not write to the log at all.
 * With `onlyIfEffective`, the second one counts only if the statement just before it changed a row.
 */
export function countChange(
  db: Database,
  team: string,
  {
    now,
    logged,
    onlyIfEffective = false,
  }: { now: Date; logged: boolean; onlyIfEffective?: boolean },
  limits: Amounts,
): [Statement, Statement] {
  const day = dayOf(now);
  const today = sql`CASE WHEN ${quotas.changesDay} = ${day} THEN ${quotas.changes} ELSE 0 END`;
  const limit = (own: SQL | SQLiteColumn, general: number) => sql`coalesce(${own}, ${general})`;
  const open = logged
    ? sql`${limit(quotas.maxVersions, limits.versions)} > 0 AND ${limit(quotas.maxBytes, limits.bytes)} > 0`
    : sql`true`;
  const isTeam = eq(quotas.team, team);
  return [
    db.insert(quotas).values({ team }).onConflictDoNothing(),
    db
      .update(quotas)
      .set({
        changes: sql`CASE WHEN (${today}) < ${limit(quotas.maxChanges, limits.changes)} AND ${open} THEN (${today}) + 1 END`,
        changesDay: day,
      })
      .where(onlyIfEffective ? and(isTeam, sql`changes() > 0`) : isTeam),
  ];
}
