import { and, asc, eq, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { memberships, type Role } from './schema.ts';

export type Membership = typeof memberships.$inferSelect;

/** A team's members, by name. */
export async function listMembers(db: Database, team: string): Promise<Membership[]> {
  return db
    .select()
    .from(memberships)
    .where(eq(memberships.team, team))
    .orderBy(asc(memberships.user));
}

/** The teams that a user is in, with the role there. */
export async function listMemberships(db: Database, user: string): Promise<Membership[]> {
  return db
    .select()
    .from(memberships)
    .where(eq(memberships.user, user))
    .orderBy(asc(memberships.team));
}

export async function findMember(
  db: Database,
  team: string,
  user: string,
): Promise<Membership | undefined> {
  const [member] = await db
    .select()
    .from(memberships)
    .where(and(eq(memberships.team, team), eq(memberships.user, user)));
  return member;
}

/** Gives a user a role in a team; `false`, and no change, when that would leave the team without an owner. */
export async function setMember(db: Database, membership: Membership): Promise<boolean> {
  const { team, user, role } = membership;
  const set = await db
    .insert(memberships)
    .values(membership)
    .onConflictDoUpdate({
      target: [memberships.team, memberships.user],
      set: { role },
      ...(role === 'owner' ? {} : { setWhere: othersOwn(team, user) }),
    });
  return set.rowsAffected > 0;
}

/** Takes a user out of a team; `false`, and no change, when that would leave the team without an owner. */
export async function removeMember(db: Database, team: string, user: string): Promise<boolean> {
  const removed = await db
    .delete(memberships)
    .where(and(eq(memberships.team, team), eq(memberships.user, user), othersOwn(team, user)));
  return removed.rowsAffected > 0;
}

/** That the user is no owner of the team, or not the only one. */
function othersOwn(team: string, user: string) {
  const owner: Role = 'owner';
  return sql`(${memberships.role} <> ${owner} OR EXISTS (SELECT 1 FROM memberships AS other
    WHERE other.team = ${team} AND other.role = ${owner} AND other.user <> ${user}))`;
}
