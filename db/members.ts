import { and, asc, eq, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { writeOrConfirm } from './outcome.ts';
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

/** A user's memberships, by team. */
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

/** The outcome of a change of a team's members. */
export type MemberChange = 'done' | 'last-owner' | 'changed';

/**
 * The statement that gives a user a role in a team. It changes no row when the team would have no owner or its members are
 * not those `expected`; {@link memberRefusal} returns the reason.
 */
export function setMember(db: Database, membership: Membership, expected?: Membership[]) {
  const { team, user, role, createdAt } = membership;
  const values = sql`SELECT ${team}, ${user}, ${role}, ${createdAt} WHERE ${areStill(team, expected)}`;
  return db
    .insert(memberships)
    .select(values)
    .onConflictDoUpdate({
      target: [memberships.team, memberships.user],
      set: { role },
      ...(role === 'owner' ? {} : { setWhere: hasOtherOwner(team, user) }),
    });
}

/** Why a member was not set. */
export async function memberRefusal(
  db: Database,
  team: string,
  expected?: Membership[],
): Promise<Exclude<MemberChange, 'done'>> {
  return (await changed(db, team, expected)) ? 'changed' : 'last-owner';
}

/** Removes a user from a team, under the same conditions. */
export async function removeMember(
  db: Database,
  team: string,
  user: string,
  expected?: Membership[],
): Promise<MemberChange> {
  const member = and(eq(memberships.team, team), eq(memberships.user, user));
  const isRemoved = await writeOrConfirm(
    async () => {
      const removed = await db
        .delete(memberships)
        .where(and(member, hasOtherOwner(team, user), areStill(team, expected)));
      return removed.rowsAffected > 0;
    },
    async () => (await findMember(db, team, user)) === undefined || undefined,
  );
  if (isRemoved) return 'done';
  if (await changed(db, team, expected)) return 'changed';
  return (await findMember(db, team, user)) ? 'last-owner' : 'done';
}

/** The condition that the user is not the only owner of the team. */
function hasOtherOwner(team: string, user: string) {
  const owner: Role = 'owner';
  return sql`(${memberships.role} <> ${owner} OR EXISTS (SELECT 1 FROM memberships AS other
    WHERE other.team = ${team} AND other.role = ${owner} AND other.user <> ${user}))`;
}

/** The condition that a team's members are those expected; part of the statement, so that check and change are atomic. */
function areStill(team: string, expected: Membership[] | undefined): SQL {
  if (!expected) return sql`true`;
  const those = expected.map(({ user, role, createdAt }) => [user, role, createdAt]);
  return sql`(SELECT json_group_array(json_array(user, role, created_at)) FROM
    (SELECT * FROM memberships AS present WHERE present.team = ${team} ORDER BY present.user))
    = ${JSON.stringify(those)}`;
}

async function changed(
  db: Database,
  team: string,
  expected: Membership[] | undefined,
): Promise<boolean> {
  if (!expected) return false;
  return JSON.stringify(await listMembers(db, team)) !== JSON.stringify(expected);
}
