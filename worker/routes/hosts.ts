import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import * as z from 'zod';
import { Host, NewHost } from '../../contract/host.ts';
import { wholeNumber } from '../../contract/number.ts';
import { Report, type ReportedEvent, ReportReceipt } from '../../contract/report.ts';
import { recordReport } from '../../db/host-reports.ts';
import { addHost, countHosts, findHost, findHostByKey, type Host as Row } from '../../db/hosts.ts';
import { findJoinTokenByHash, type JoinToken } from '../../db/join-tokens.ts';
import { readQuota } from '../../db/quotas.ts';
import { importPublicKey, type PublicKey, parseJson, sha256 } from '../../trust/index.ts';
import { signedByHost, unsigned } from '../auth/host-signature.ts';
import { hashToken } from '../auth/token.ts';
import { toHost } from '../host-view.ts';
import { allow } from '../middleware/rate-limit.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import type { Deps, Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { quotaExceeded } from '../quota.ts';

export const hosts = createRouter();

const security = [{ host: [] }];

/** The key in the body of a request to join: that the request is signed with it proves that the host has it. */
async function joiningKey(_: Context<Env>, text: () => Promise<string>): Promise<PublicKey> {
  const body = z.object({ publicKey: z.string() }).safeParse(parse(await text()));
  const key = body.data && (await importPublicKey(body.data.publicKey));
  if (key) return key;
  throw new ProblemError('key-invalid', 'publicKey is not an Ed25519 public key.');
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new ProblemError('body-malformed', 'The body is not valid JSON.');
  }
}

hosts.openapi(
  createRoute({
    method: 'post',
    path: '/hosts',
    operationId: 'joinTeam',
    tags: ['Hosts'],
    summary: 'Join a team as a host',
    description:
      'The request is signed with the key that it enrols. Joining again with the same key and token changes nothing (200).',
    security,
    middleware: [signedByHost(joiningKey)] as const,
    request: { body: jsonBody(NewHost) },
    responses: {
      200: json('The host had joined', Host),
      201: json('The host', Host),
      ...problemResponses(
        ...([400, 401, 'host-refused', 'clock-skew', 'quota-exceeded'] as const),
        ...(['host-exists', 413, 415, 'key-invalid'] as const),
      ),
    },
  }),
  async (c) => {
    const { deps, tokenChecks } = c.var;
    const { token: secret, publicKey, name, labels = {} } = c.req.valid('json');
    const now = deps.now();
    const token = await tokenChecks.attempt(c, () => findValidToken(deps, secret));
    if (!token) {
      throw new ProblemError('host-refused', 'The join token is unknown, revoked or expired.');
    }
    const key = await importPublicKey(publicKey);
    if (!key) throw new ProblemError('key-invalid', 'publicKey is not an Ed25519 public key.');
    const known = await findHostByKey(deps.db, key.keyId);
    if (known) return c.json(toHost(requireSame(known, token), [], now), 200);
    const { team, id: joinTokenId } = token;
    const host = await addHost(
      deps.db,
      {
        ...{ team, keyId: key.keyId, publicKey: key.text, joinTokenId, name, labels },
        joinedAt: now.toISOString(),
      },
      deps.limits.team.hosts,
    );
    if (host) return c.json(toHost(requireSame(host, token), [], now), 201);
    const { own } = await readQuota(deps.db, team, now);
    const limit = own.hosts ?? deps.limits.team.hosts;
    const count = await countHosts(deps.db, team);
    if (count >= limit) throw quotaExceeded(team, `has ${count} of ${limit} hosts`);
    throw new ProblemError('host-refused', 'The join token is unknown, revoked or expired.');
  },
);

async function findValidToken({ db, now }: Deps, secret: string): Promise<JoinToken | undefined> {
  const token = await findJoinTokenByHash(db, await hashToken(secret));
  const isValid = token && token.revokedAt === null && token.expiresAt > now().toISOString();
  return isValid ? token : undefined;
}

function requireSame(host: Row, { id }: JoinToken): Row {
  if (host.joinTokenId === id && host.retiredAt === null) return host;
  throw new ProblemError('host-exists', 'A host has already joined with this key.');
}

const hostPath = z.object({ host: wholeNumber(1) });

/** The key of the host in the path; sets `c.var.host`. */
async function reportingKey(c: Context<Env>): Promise<PublicKey> {
  const id = hostPath.safeParse(c.req.param()).data?.host;
  const host = id === undefined ? undefined : await findHost(c.var.deps.db, id);
  const key = host && (await importPublicKey(host.publicKey));
  // As for a wrong signature: others are not to learn how many hosts there are.
  if (!host || !key) throw unsigned();
  c.set('host', host);
  return key;
}

hosts.openapi(
  createRoute({
    method: 'post',
    path: '/hosts/{host}/reports',
    operationId: 'sendReport',
    tags: ['Hosts'],
    summary: 'Send the report of a host',
    description:
      'What it says about packages and versions that its team does not have is ignored. A report whose sequence number ' +
      'is not higher than the last one changes nothing. The body may be compressed with gzip.',
    security,
    middleware: [signedByHost(reportingKey)] as const,
    request: { params: hostPath, body: jsonBody(Report) },
    responses: {
      200: json('The report is stored', ReportReceipt),
      ...problemResponses(400, 401, 'host-refused', 'clock-skew', 413, 415),
    },
  }),
  async (c) => {
    const { deps, host, hostReports } = c.var;
    if (host.retiredAt !== null) throw new ProblemError('host-refused', 'The host was retired.');
    allow(c, 'reports', hostReports, await hostReports.take(String(host.id)));
    const report = c.req.valid('json');
    const { sequence } = report;
    if (sequence <= host.sequence) {
      return c.json({ sequence: host.sequence, repeated: true }, 200);
    }
    const now = deps.now();
    const events = await Promise.all(report.events.map((one) => stored(one, deps, now)));
    const receivedAt = now.toISOString();
    const isStored = await recordReport(deps.db, host, { ...report, events, receivedAt });
    return c.json({ sequence, repeated: !isStored }, 200);
  },
);

/** An event as it is stored: with its hash, and times that are neither in the future nor older than what is kept. */
async function stored(event: ReportedEvent, { limits }: Deps, now: Date) {
  const { type, record } = event;
  const oldest = now.getTime() - limits.reportDays * 24 * 60 * 60_000;
  const within = (time: string) =>
    new Date(Math.min(Math.max(Date.parse(time), oldest), now.getTime())).toISOString();
  const fields = Object.fromEntries(
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)),
  ) as Record<string, string>;
  const digest = await sha256(new TextEncoder().encode(JSON.stringify([type, fields])));
  return {
    ...event,
    record: fields,
    hash: digest.slice('sha256:'.length),
    firstAt: within(event.firstAt),
    lastAt: within(event.lastAt),
  };
}
