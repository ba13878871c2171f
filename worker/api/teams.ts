import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { addKey, listKeys } from '../../db/keys.ts';
import { createTeam, findTeam, type Team as TeamRow } from '../../db/teams.ts';
import { importPublicKey } from '../../trust/index.ts';
import { adminToken } from '../auth.ts';
import { readBody } from '../body.ts';
import type { Deps } from '../deps.ts';
import { ProblemError } from '../problem.ts';
import { createRouter, json, jsonBody, problems } from './router.ts';
import { TeamName } from './schema/name.ts';
import { NewKey, NewTeam, Team } from './schema/team.ts';

export const teams = createRouter();

const teamPath = z.object({ team: TeamName });

teams.openapi(
  createRoute({
    method: 'post',
    path: '/teams',
    summary: 'Make a team',
    security: [{ token: [] }],
    middleware: [adminToken, readBody] as const,
    request: { body: jsonBody(NewTeam) },
    responses: { 201: json('The team', Team), ...problems(400, 401, 403, 409, 413, 415) },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const team = { name: c.req.valid('json').name, createdAt: now().toISOString() };
    if (!(await createTeam(db, team))) {
      throw new ProblemError('team-exists', `There is a team ${team.name} already.`);
    }
    return c.json({ ...team, keys: [] }, 201);
  },
);

teams.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}',
    summary: 'A team and its publisher keys',
    request: { params: teamPath },
    responses: { 200: json('The team', Team), ...problems(400, 404) },
  }),
  async (c) => {
    const { db } = c.var.deps;
    return c.json(await toTeam(db, await requireTeam(db, c.req.valid('param').team)), 200);
  },
);

teams.openapi(
  createRoute({
    method: 'post',
    path: '/teams/{team}/keys',
    summary: "Register a team's publisher key",
    description: 'A key that the team has already is left as it is (200).',
    security: [{ token: [] }],
    middleware: [adminToken, readBody] as const,
    request: { params: teamPath, body: jsonBody(NewKey) },
    responses: {
      200: json('The team, which had the key already', Team),
      201: json('The team with the new key', Team),
      ...problems(400, 401, 403, 404, 413, 415, 422),
    },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const team = await requireTeam(db, c.req.valid('param').team);
    const { publicKey, label } = c.req.valid('json');
    const key = await importPublicKey(publicKey);
    if (!key) {
      throw new ProblemError(
        'key-invalid',
        'Send an Ed25519 public key: its SubjectPublicKeyInfo as base64 or PEM.',
      );
    }
    const added = await addKey(db, {
      team: team.name,
      keyId: key.keyId,
      publicKey: key.text,
      label,
      createdAt: now().toISOString(),
    });
    const body = await toTeam(db, team);
    return added ? c.json(body, 201) : c.json(body, 200);
  },
);

async function requireTeam(db: Deps['db'], name: string): Promise<TeamRow> {
  const team = await findTeam(db, name);
  if (!team) throw new ProblemError('not-found', `There is no team ${name}.`);
  return team;
}

async function toTeam(db: Deps['db'], { name, createdAt }: TeamRow): Promise<Team> {
  const keys = await listKeys(db, name);
  return { name, createdAt, keys: keys.map(({ team: _, ...key }) => key) };
}
