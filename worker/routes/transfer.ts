import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { ProfileName, TeamName } from '../../contract/name.ts';
import { Deprecation, Transfer } from '../../contract/profile.ts';
import { transferProfile } from '../../db/profiles.ts';
import { findTeam } from '../../db/teams.ts';
import { roleIn } from '../auth/caller.ts';
import { requireRole } from '../auth/identify.ts';
import { invalidates } from '../cache/invalidate.ts';
import { logEntryName } from '../log/entry-name.ts';
import { readBody } from '../middleware/body.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import { ProblemError } from '../problem.ts';
import { changeQuotaProblem, countStatements } from '../quota.ts';
import { requireProfile } from './profile.ts';

export const transfer = createRouter();

transfer.openapi(
  createRoute({
    method: 'post',
    path: '/profiles/{team}/{name}/transfer',
    operationId: 'transferProfile',
    tags: ['Profiles'],
    summary: 'Transfer a profile to another team',
    description:
      'Published versions stay in place, signed by the team that published them, because no registry can change ' +
      'which keys a host trusts. The other team publishes new versions under its own name. The old name accepts ' +
      'no more versions and refers readers and hosts to the new one. The caller must be an owner of both teams.',
    security: [{ token: [] }],
    middleware: [requireRole('owner'), readBody, invalidates('references')] as const,
    request: { params: z.object({ team: TeamName, name: ProfileName }), body: jsonBody(Transfer) },
    responses: {
      200: json('The deprecation of the old name', Deprecation),
      ...problemResponses(
        ...([400, 401, 403, 'quota-exceeded', 404] as const),
        ...(['profile-moved', 413, 415, 'replacement-unknown'] as const),
      ),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const { db, log, now } = deps;
    const { team, name } = c.req.valid('param');
    const { to } = c.req.valid('json');
    const profile = await requireProfile(c, team, name);
    if (to === team || !(await findTeam(db, to))) {
      throw new ProblemError('replacement-unknown', `There is no other team named ${to}.`);
    }
    if (roleIn(c.var.caller, to, name) !== 'owner') {
      throw new ProblemError(
        'role-insufficient',
        `Only an owner of team ${to} can accept the profile.`,
      );
    }
    const deprecation = { reason: `Transferred to team ${to}.`, replacement: `${to}/${name}` };
    if (profile.movedTo === to) return c.json(deprecation, 200);
    requireNotTransferred();
    const time = now().toISOString();
    const logged = await logEntryName(team, name, profile);
    const change = { team, logged: true };
    const appended = await log.append(
      { kind: 'transfer', time, team, name: logged, to },
      () => [
        ...countStatements(deps, change),
        transferProfile(db, profile, {
          movedTo: to,
          deprecation: deprecation.reason,
          replacement: deprecation.replacement,
        }),
      ],
      async () =>
        (await requireProfile(c, team, name)).movedTo !== null ||
        (await changeQuotaProblem(deps, change)) !== undefined,
    );
    if (!appended) {
      const moved = await requireProfile(c, team, name);
      if (moved.movedTo === null) {
        const problem = await changeQuotaProblem(deps, change);
        throw problem ?? new Error(`${team}/${name} was not transferred`);
      }
      if (moved.movedTo !== to) {
        throw new ProblemError('profile-moved', `${team}/${name} was already transferred.`);
      }
    }
    return c.json(deprecation, 200);

    function requireNotTransferred(): void {
      if (profile.movedTo === null) return;
      const detail = `${team}/${name} was already transferred to ${profile.movedTo}.`;
      throw new ProblemError('profile-moved', detail);
    }
  },
);
