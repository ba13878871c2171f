import { createRoute } from '@hono/zod-openapi';
import { KeyId } from '../../contract/name.ts';
import { NewKey, NewTeam, Revocation, Team, TeamChange } from '../../contract/team.ts';
import { insertKey, listKeys, type RegisteredKey, revokeKey } from '../../db/keys.ts';
import {
  changeTeam,
  createTeam,
  findTeam,
  findTeamWithKeys,
  type Team as TeamRow,
} from '../../db/teams.ts';
import {
  Envelope,
  importPublicKey,
  maxKeys,
  type PublicKey,
  parseJson,
  verifyEndorsement,
} from '../../trust/index.ts';
import { isAdministrator } from '../auth/caller.ts';
import { adminToken, requireRole } from '../auth/identify.ts';
import { invalidates } from '../cache/invalidate.ts';
import { readBody } from '../middleware/body.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { createRouter, json, jsonBody, problemResponses, repeatable } from '../openapi/router.ts';
import type { Caller, Deps } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { changeQuotaProblem, countStatements } from '../quota.ts';
import { teamPath } from './team-resource.ts';

export const teams = createRouter();

teams.openapi(
  createRoute({
    method: 'post',
    path: '/teams',
    operationId: 'createTeam',
    tags: ['Teams'],
    summary: 'Create a team',
    security: [{ token: [] }],
    middleware: [adminToken, readBody, idempotent()] as const,
    request: { body: jsonBody(NewTeam) },
    responses: {
      201: json('The team', Team),
      ...problemResponses(...repeatable, 400, 401, 403, 'team-exists', 413, 415),
    },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const { name } = c.req.valid('json');
    const team: TeamRow = { name, createdAt: now().toISOString(), versionPolicy: 'none' };
    if (!(await createTeam(db, team))) {
      throw new ProblemError('team-exists', `Team ${team.name} already exists.`);
    }
    return c.json({ ...team, keys: [] }, 201);
  },
);

teams.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}',
    operationId: 'getTeam',
    tags: ['Teams'],
    summary: 'Get a team and its publisher keys',
    request: { params: teamPath },
    responses: { 200: json('The team', Team), ...problemResponses(400, 404) },
  }),
  async (c) => {
    const { team, keys } = await requireTeamWithKeys(c.var.deps.db, c.req.valid('param').team);
    return c.json(toTeam(team, keys), 200);
  },
);

teams.openapi(
  createRoute({
    method: 'patch',
    path: '/teams/{team}',
    operationId: 'changeTeam',
    tags: ['Teams'],
    summary: "Change a team's settings",
    security: [{ token: [] }],
    middleware: [requireRole('owner'), readBody] as const,
    request: { params: teamPath, body: jsonBody(TeamChange) },
    responses: { 200: json('The team', Team), ...problemResponses(400, 401, 403, 404, 413, 415) },
  }),
  async (c) => {
    const { db } = c.var.deps;
    const { team: name } = c.req.valid('param');
    await requireTeam(db, name);
    await changeTeam(db, name, c.req.valid('json'));
    const { team, keys } = await requireTeamWithKeys(db, name);
    return c.json(toTeam(team, keys), 200);
  },
);

teams.openapi(
  createRoute({
    method: 'post',
    path: '/teams/{team}/keys',
    operationId: 'registerKey',
    tags: ['Teams'],
    summary: "Register a team's publisher key",
    description: 'Registering a key that the team already has changes nothing (200).',
    security: [{ token: [] }],
    middleware: [requireRole('owner'), readBody, idempotent()] as const,
    request: { params: teamPath, body: jsonBody(NewKey) },
    responses: {
      200: json('The team already had the key', Team),
      201: json('The team with the new key', Team),
      ...problemResponses(
        ...repeatable,
        ...([400, 401, 403, 'quota-exceeded', 404, 413, 415] as const),
        ...(['team-full', 'key-revoked', 'key-invalid', 'endorsement-refused'] as const),
      ),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const { db, log, now } = deps;
    const { team, keys: registered } = await requireTeamWithKeys(db, c.req.valid('param').team);
    const { publicKey, label, endorsement } = c.req.valid('json');
    const key = await importPublicKey(publicKey);
    if (!key) {
      throw new ProblemError(
        'key-invalid',
        'Send an Ed25519 public key: its SubjectPublicKeyInfo as base64 or PEM.',
      );
    }
    const same = registered.find(({ keyId }) => keyId === key.keyId);
    if (same?.revokedAt) {
      throw new ProblemError(
        'key-revoked',
        `Key ${key.keyId} was revoked; revocation is permanent.`,
      );
    }
    if (same) return c.json(toTeam(team, registered), 200);
    requireKeyRoom(team.name, registered, key.keyId);
    await requireEndorsement(c.var.caller, team.name, key, registered, endorsement);

    const time = now().toISOString();
    const { keyId, text } = key;
    // An administrator can still replace the keys of a team that has used up its quota.
    const change = isAdministrator(c.var.caller) ? undefined : { team: team.name, logged: true };
    const overQuota = async () => change && (await changeQuotaProblem(deps, change));
    const appended = await log.append(
      { kind: 'key', time, team: team.name, keyId, publicKey: text, label },
      (logIndex) => [
        ...(change ? countStatements(deps, change) : []),
        insertKey(
          db,
          {
            team: team.name,
            keyId,
            publicKey: text,
            label,
            endorsement: endorsement ? JSON.stringify(endorsement) : null,
            createdAt: time,
          },
          { logIndex, limit: maxKeys },
        ),
      ],
      async () => {
        const now = await listKeys(db, team.name);
        const isDecided = now.length >= maxKeys || now.some((one) => one.keyId === keyId);
        return isDecided || (await overQuota()) !== undefined;
      },
    );
    const keys = await listKeys(db, team.name);
    if (!appended) {
      requireKeyRoom(team.name, keys, keyId);
      if (!keys.some((one) => one.keyId === keyId)) {
        throw (await overQuota()) ?? new Error(`key ${keyId} was not registered`);
      }
    }
    return c.json(toTeam(team, keys), appended ? 201 : 200);
  },
);

teams.openapi(
  createRoute({
    method: 'post',
    path: '/teams/{team}/keys/{keyId}/revocation',
    operationId: 'revokeKey',
    tags: ['Teams'],
    summary: "Revoke a team's publisher key",
    description:
      'Existing signatures stay in place, but hosts refuse them, and the key can’t sign new versions.',
    security: [{ token: [] }],
    middleware: [requireRole('owner'), readBody, invalidates('references')] as const,
    request: { params: teamPath.extend({ keyId: KeyId }), body: jsonBody(Revocation) },
    responses: { 200: json('The team', Team), ...problemResponses(400, 401, 403, 404, 413, 415) },
  }),
  async (c) => {
    const { db, log, now } = c.var.deps;
    const { team: name, keyId } = c.req.valid('param');
    const { team, keys } = await requireTeamWithKeys(db, name);
    const find = async () => (await listKeys(db, name)).find((one) => one.keyId === keyId);
    const key = keys.find((one) => one.keyId === keyId);
    if (!key) throw new ProblemError('not-found', `Team ${name} has no key ${keyId}.`);
    if (key.revokedAt === null) {
      const time = now().toISOString();
      const { reason } = c.req.valid('json');
      await log.append(
        { kind: 'key-revocation', time, team: name, keyId: key.keyId, reason },
        (logIndex) => [revokeKey(db, key, time, logIndex)],
        async () => (await find())?.revokedAt !== null,
      );
    }
    return c.json(toTeam(team, await listKeys(db, name)), 200);
  },
);

/** Requires that the team has the key or can register another. */
function requireKeyRoom(team: string, registered: RegisteredKey[], keyId: string): void {
  if (registered.length < maxKeys || registered.some((one) => one.keyId === keyId)) return;
  const detail = `Team ${team} has had ${maxKeys} keys, the maximum for a team.`;
  throw new ProblemError('team-full', detail);
}

/** An administrator registers a team's first valid key; later keys need an endorsement by a valid one. */
async function requireEndorsement(
  caller: Caller,
  team: string,
  key: PublicKey,
  registered: RegisteredKey[],
  endorsement: Envelope | undefined,
): Promise<void> {
  const valid = registered.filter(({ revokedAt }) => revokedAt === null);
  if (valid.length === 0) {
    if (isAdministrator(caller)) return;
    throw new ProblemError(
      'admin-only',
      `Only an administrator can register the first valid key of team ${team}.`,
    );
  }
  if (!endorsement) {
    throw new ProblemError(
      'endorsement-refused',
      `Team ${team} already has keys: one of them must endorse the new key (aa-registry key rotate).`,
    );
  }
  const keys = await Promise.all(valid.map(({ publicKey }) => importPublicKey(publicKey)));
  const endorsed = await verifyEndorsement(
    { team, key, endorsement },
    { keys: keys.filter((one) => one !== undefined), threshold: 1 },
  );
  if (!endorsed.ok) throw new ProblemError('endorsement-refused', `${endorsed.reason}.`);
}

/** Finds a team. Throws a problem if it does not exist. */
export async function requireTeam(db: Deps['db'], name: string): Promise<TeamRow> {
  return (await findTeam(db, name)) ?? unknownTeam(name);
}

async function requireTeamWithKeys(db: Deps['db'], name: string) {
  return (await findTeamWithKeys(db, name)) ?? unknownTeam(name);
}

function unknownTeam(name: string): never {
  throw new ProblemError('not-found', `Team ${name} does not exist.`);
}

function toTeam({ name, createdAt, versionPolicy }: TeamRow, keys: readonly RegisteredKey[]): Team {
  return {
    name,
    createdAt,
    versionPolicy,
    keys: keys.map(({ team: _, endorsement, ...key }) => ({
      ...key,
      endorsement: endorsement === null ? null : Envelope.parse(parseJson(endorsement)),
    })),
  };
}
