import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import * as z from 'zod';
import { TeamName, UserName } from '../../contract/name.ts';
import { Member, MemberList, Membership as MembershipBody } from '../../contract/team.ts';
import {
  findMember,
  listMembers,
  type MemberChange,
  type Membership,
  memberRefusal,
  removeMember,
  setMember,
} from '../../db/members.ts';
import { findUser } from '../../db/users.ts';
import { requireRole } from '../auth/identify.ts';
import { readBody } from '../middleware/body.ts';
import { notMatching, requireMatch } from '../middleware/precondition.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { makeChange } from '../quota.ts';
import { teamPath } from './team-resource.ts';
import { requireTeam } from './teams.ts';

export const members = createRouter();

const memberPath = z.object({ team: TeamName, user: UserName });

members.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}/members',
    operationId: 'listMembers',
    tags: ['Teams'],
    summary: "List a team's members",
    security: [{ token: [] }],
    middleware: [requireRole('reader')] as const,
    request: { params: teamPath },
    responses: { 200: json('The members', MemberList), ...problemResponses(400, 401, 403, 404) },
  }),
  async (c) => {
    const { db } = c.var.deps;
    const { name } = await requireTeam(db, c.req.valid('param').team);
    return c.json(toList(await listMembers(db, name)), 200);
  },
);

members.openapi(
  createRoute({
    method: 'put',
    path: '/teams/{team}/members/{user}',
    operationId: 'setMember',
    tags: ['Teams'],
    summary: 'Add a member or change their role',
    security: [{ token: [] }],
    middleware: [requireRole('owner'), readBody] as const,
    request: { params: memberPath, body: jsonBody(MembershipBody) },
    responses: {
      200: json('The member', Member),
      ...problemResponses(
        'precondition-failed',
        400,
        401,
        403,
        'quota-exceeded',
        404,
        'last-owner',
        413,
        415,
      ),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const { db, now } = deps;
    const { team, user } = c.req.valid('param');
    const { role } = c.req.valid('json');
    await requireTeam(db, team);
    const expected = await requireMembers(c, team);
    if (!(await findUser(db, user))) {
      throw new ProblemError('not-found', `User ${user} does not exist.`);
    }
    const before = await findMember(db, team, user);
    if (before?.role !== role) {
      const membership = { team, user, role, createdAt: now().toISOString() };
      const isSet = await makeChange(deps, team, setMember(db, membership, expected), {
        read: ({ rowsAffected }) => rowsAffected > 0,
        find: async () => (await findMember(db, team, user))?.role === role || undefined,
      });
      if (!isSet) requireDone(await memberRefusal(db, team, expected), team, user);
    }
    const member = await findMember(db, team, user);
    if (!member)
      throw new ProblemError('not-found', `${user} is no longer a member of team ${team}.`);
    return c.json({ user, role: member.role, createdAt: member.createdAt }, 200);
  },
);

members.openapi(
  createRoute({
    method: 'delete',
    path: '/teams/{team}/members/{user}',
    operationId: 'removeMember',
    tags: ['Teams'],
    summary: 'Remove a member',
    security: [{ token: [] }],
    middleware: [requireRole('owner')] as const,
    request: { params: memberPath },
    responses: {
      204: { description: 'The user is not a member' },
      ...problemResponses('precondition-failed', 400, 401, 403, 404, 'last-owner'),
    },
  }),
  async (c) => {
    const { db } = c.var.deps;
    const { team, user } = c.req.valid('param');
    await requireTeam(db, team);
    const expected = await requireMembers(c, team);
    requireDone(await removeMember(db, team, user, expected), team, user);
    return c.body(null, 204);
  },
);

function toList(found: Membership[]): { items: Member[] } {
  return { items: found.map(({ team: _, ...member }) => member) };
}

/** The members that the request's `If-Match` matches, on which the change is conditional; `undefined` without one. */
async function requireMembers(c: Context<Env>, team: string): Promise<Membership[] | undefined> {
  if (c.req.header('If-Match') === undefined) return undefined;
  const found = await listMembers(c.var.deps.db, team);
  await requireMatch(c, listOf(team), async () => toList(found));
  return found;
}

function requireDone(change: MemberChange, team: string, user: string): void {
  if (change === 'last-owner') {
    throw new ProblemError('last-owner', `${user} is the only owner of team ${team}.`);
  }
  if (change === 'changed') throw notMatching(listOf(team));
}

const listOf = (team: string) => `The list of members of team ${team}`;
