import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { TeamName } from '../../contract/name.ts';
import { wholeNumber } from '../../contract/number.ts';
import { CreatedToken } from '../../contract/token.ts';
import {
  NewTrustedPublisher,
  OidcExchange,
  OidcSettings,
  TrustedPublisher,
  TrustedPublisherList,
} from '../../contract/trusted-publisher.ts';
import { removeExpiredOrigins } from '../../db/tokens.ts';
import {
  addTrustedPublisher,
  bindRepository,
  listTrustedPublishers,
  type TrustedPublisher as Row,
  removeTrustedPublisher,
} from '../../db/trusted-publishers.ts';
import { sha256 } from '../../trust/index.ts';
import { requireRole } from '../auth/identify.ts';
import { generateToken, hashToken } from '../auth/token.ts';
import { readBody } from '../middleware/body.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { createRouter, json, jsonBody, problemResponses, repeatable } from '../openapi/router.ts';
import type { Deps, Job } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { makeChange } from '../quota.ts';
import { teamPath } from './team-resource.ts';
import { requireTeam } from './teams.ts';
import { addOwnedToken, toToken } from './tokens.ts';

export const trustedPublishers = createRouter();

/** The maximum number of trusted publishers per team. */
const maxPublishers = 100;

/** The lifetime of a job's API token, in milliseconds. */
const lifetime = 15 * 60_000;

trustedPublishers.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}/trusted-publishers',
    operationId: 'listTrustedPublishers',
    tags: ['Trusted publishing'],
    summary: "List a team's trusted publishers",
    security: [{ token: [] }],
    middleware: [requireRole('reader')] as const,
    request: { params: teamPath },
    responses: {
      200: json('The trusted publishers', TrustedPublisherList),
      ...problemResponses(400, 401, 403, 404),
    },
  }),
  async (c) => {
    const { db } = c.var.deps;
    const { name } = await requireTeam(db, c.req.valid('param').team);
    return c.json({ items: (await listTrustedPublishers(db, name)).map(toPublisher) }, 200);
  },
);

trustedPublishers.openapi(
  createRoute({
    method: 'post',
    path: '/teams/{team}/trusted-publishers',
    operationId: 'addTrustedPublisher',
    tags: ['Trusted publishing'],
    summary: 'Add a trusted publisher',
    description:
      'CI jobs of the repository can then publish without a stored token. A key of the team must still sign every version.',
    security: [{ token: [] }],
    middleware: [requireRole('owner'), readBody, idempotent()] as const,
    request: { params: teamPath, body: jsonBody(NewTrustedPublisher) },
    responses: {
      201: json('The publisher', TrustedPublisher),
      ...problemResponses(
        ...repeatable,
        400,
        401,
        403,
        'quota-exceeded',
        404,
        'publisher-exists',
        'team-full',
        413,
        415,
        'issuer-unknown',
      ),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const { db, now, oidc } = deps;
    const { name } = await requireTeam(db, c.req.valid('param').team);
    const input = c.req.valid('json');
    if (oidc && !oidc.issuers.includes(input.issuer)) {
      const accepted = oidc.issuers.join(' and ') || 'none';
      const detail = `This registry does not accept tokens of ${input.issuer}; it accepts ${accepted}.`;
      throw new ProblemError('issuer-unknown', detail);
    }
    const trusted = await listTrustedPublishers(db, name);
    const same = trusted.some((one) =>
      (['issuer', 'repository', 'branch', 'environment', 'profile'] as const).every(
        (field) => one[field] === input[field],
      ),
    );
    if (same) throw new ProblemError('publisher-exists', 'The team already trusts this publisher.');
    if (trusted.length >= maxPublishers) throw full();
    const publisher = { ...input, team: name, createdAt: now().toISOString() };
    const adding = addTrustedPublisher(db, publisher, maxPublishers);
    const added = await makeChange(deps, name, adding, {
      read: ([one]) => one,
      find: async () => {
        const fields = Object.entries(publisher) as [keyof typeof publisher, unknown][];
        return (await listTrustedPublishers(db, name)).find((one) =>
          fields.every(([field, value]) => one[field] === value),
        );
      },
    });
    if (!added) throw full();
    return c.json(toPublisher(added), 201);
  },
);

trustedPublishers.openapi(
  createRoute({
    method: 'delete',
    path: '/teams/{team}/trusted-publishers/{id}',
    operationId: 'removeTrustedPublisher',
    tags: ['Trusted publishing'],
    summary: 'Remove a trusted publisher',
    security: [{ token: [] }],
    middleware: [requireRole('owner')] as const,
    request: {
      params: z.object({
        team: TeamName,
        id: wholeNumber(),
      }),
    },
    responses: {
      204: { description: 'The publisher is removed' },
      ...problemResponses(400, 401, 403, 404),
    },
  }),
  async (c) => {
    const { team, id } = c.req.valid('param');
    if (!(await removeTrustedPublisher(c.var.deps.db, team, id))) {
      throw new ProblemError('not-found', `Team ${team} has no trusted publisher ${id}.`);
    }
    return c.body(null, 204);
  },
);

trustedPublishers.openapi(
  createRoute({
    method: 'get',
    path: '/oidc',
    operationId: 'getOidcSettings',
    tags: ['Trusted publishing'],
    summary: 'Get the accepted OpenID Connect issuers and the audience',
    responses: { 200: json('The settings', OidcSettings), ...problemResponses(404) },
  }),
  (c) => {
    const { audience, issuers } = requireOidc(c.var.deps);
    return c.json({ audience, issuers: [...issuers] }, 200);
  },
);

trustedPublishers.openapi(
  createRoute({
    method: 'post',
    path: '/oidc/token',
    operationId: 'exchangeOidcToken',
    tags: ['Trusted publishing'],
    summary: "Exchange a CI job's OpenID Connect token for an API token",
    description:
      'The team must trust the job’s repository and branch. The API token can publish for fifteen minutes; ' +
      'an OpenID Connect token can be exchanged once.',
    middleware: [readBody] as const,
    request: { body: jsonBody(OidcExchange) },
    responses: {
      201: json('The token', CreatedToken),
      ...problemResponses(400, 401, 'oidc-refused', 'quota-exceeded', 404, 413, 415),
    },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const { verify } = requireOidc(c.var.deps);
    const { token, team, profile = null } = c.req.valid('json');
    // Failed exchanges are rate limited like invalid API tokens.
    let refusal = 'This OpenID Connect token was already used.';
    const checked = await c.var.tokenChecks.attempt(c, async () => {
      const verified = await verify(token);
      if (!verified.ok) {
        refusal = `The OpenID Connect token was refused: ${verified.reason}.`;
        return undefined;
      }
      const trusted = await findTrusted(db, team, profile, verified.job);
      if (typeof trusted !== 'string') return { job: verified.job, publisher: trusted };
      refusal = trusted;
      return undefined;
    });
    if (!checked) throw new ProblemError('oidc-refused', refusal);
    const { job, publisher } = checked;
    const time = now();
    await removeExpiredOrigins(db, new Date(time.getTime() - 24 * 60 * 60_000).toISOString());
    const secret = generateToken();
    const row = await addOwnedToken(c.var.deps, {
      hash: await hashToken(secret),
      label: describe(job),
      team,
      profile: publisher.profile ?? profile,
      scope: 'publish',
      createdAt: time.toISOString(),
      expiresAt: new Date(time.getTime() + lifetime).toISOString(),
      origin: await sha256(new TextEncoder().encode(`${job.issuer}\n${job.id}`)),
    });
    if (!row) throw new ProblemError('oidc-refused', refusal);
    return c.json({ ...toToken(row), token: secret }, 201);
  },
);

function full(): ProblemError {
  return new ProblemError(
    'team-full',
    `A team can have at most ${maxPublishers} trusted publishers.`,
  );
}

/** Finds the trusted publisher that matches a job; returns the reason if none does. */
async function findTrusted(
  db: Deps['db'],
  team: string,
  profile: string | null,
  job: Job,
): Promise<Row | string> {
  const { issuer, repository, branch, environment, repositoryId } = job;
  const same = (await listTrustedPublishers(db, team)).filter(
    (one) =>
      one.issuer === issuer &&
      one.repository === repository &&
      one.branch === branch &&
      (one.environment === null || one.environment === environment) &&
      (one.profile === null || one.profile === profile),
  );
  for (const publisher of same) {
    if (await bindRepository(db, publisher, repositoryId)) return publisher;
  }
  const what = `${describe(job)}${environment === undefined ? '' : ` in ${environment}`}`;
  return same.length > 0
    ? `${repository} is not the repository that team ${team} trusts: another repository now has its name.`
    : `Team ${team} does not trust ${what}${profile === null ? '' : ` with ${profile}`}.`;
}

function describe({ repository, branch }: Job): string {
  return `CI of ${repository} on ${branch}`.slice(0, 300);
}

function requireOidc({ oidc }: Deps): NonNullable<Deps['oidc']> {
  if (oidc) return oidc;
  const detail = 'Trusted publishing is off: this registry has no public URL configured.';
  throw new ProblemError('not-found', detail);
}

function toPublisher({ team: _, repositoryId, ...publisher }: Row): TrustedPublisher {
  return { ...publisher, bound: repositoryId !== null };
}
