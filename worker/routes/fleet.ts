import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import {
  changedLabels,
  Fleet,
  Host,
  HostChange,
  HostPage,
  HostQuery,
} from '../../contract/host.ts';
import { ProfileName, VersionNumber } from '../../contract/name.ts';
import { PageLimit, wholeNumber } from '../../contract/number.ts';
import { type FleetEvent, FleetEventList } from '../../contract/report.ts';
import { listEvents, sumFleet } from '../../db/host-reports.ts';
import { changeHost, listHosts, readHost, retireHost } from '../../db/hosts.ts';
import { requireRole } from '../auth/identify.ts';
import { silentBefore, toHost } from '../host-view.ts';
import { readBody } from '../middleware/body.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import { linkNext } from '../page.ts';
import type { Deps } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { owner, security, teamPath } from './team-resource.ts';

export const fleet = createRouter();

const hostPath = teamPath.extend({ host: wholeNumber(1) });
/** Not readers: their tokens are on hosts, and a host is not to know what others report. */
const publisher = requireRole('publisher');

fleet.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}/fleet',
    operationId: 'getFleet',
    tags: ['Hosts'],
    summary: "Count a team's hosts, and the versions on them",
    security,
    middleware: [publisher] as const,
    request: { params: teamPath },
    responses: { 200: json('The numbers', Fleet), ...problemResponses(400, 401, 403, 404) },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const { team } = c.req.valid('param');
    const sums = await sumFleet(db, team, silentBefore(now()));
    if (!sums) throw noTeam(team);
    return c.json({ team, ...sums }, 200);
  },
);

fleet.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}/hosts',
    operationId: 'listHosts',
    tags: ['Hosts'],
    summary: "List a team's hosts",
    security,
    middleware: [publisher] as const,
    request: { params: teamPath, query: HostQuery },
    responses: { 200: json('A page of hosts', HostPage), ...problemResponses(400, 401, 403, 404) },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const { team } = c.req.valid('param');
    const { limit, cursor: after, label, ...filter } = c.req.valid('query');
    const [key = '', value = ''] = label?.split('=') ?? [];
    const time = now();
    const found = await listHosts(db, team, {
      ...filter,
      ...{ after, limit: limit + 1, since: silentBefore(time) },
      label: label === undefined ? undefined : { key, value },
    });
    if (!found) throw noTeam(team);
    const items = found.slice(0, limit).map(({ host, profiles }) => toHost(host, profiles, time));
    const next = found.length > limit ? String(items.at(-1)?.id) : null;
    linkNext(c, next);
    return c.json({ items, next }, 200);
  },
);

fleet.openapi(
  createRoute({
    method: 'patch',
    path: '/teams/{team}/hosts/{host}',
    operationId: 'changeHost',
    tags: ['Hosts'],
    summary: "Change a host's name or labels",
    security,
    middleware: [owner, readBody] as const,
    request: { params: hostPath, body: jsonBody(HostChange) },
    responses: { 200: json('The host', Host), ...problemResponses(400, 401, 403, 404, 413, 415) },
  }),
  async (c) => {
    const { deps } = c.var;
    const { host, profiles } = await requireHost(deps, c.req.valid('param'));
    const { name = host.name, labels: change = {} } = c.req.valid('json');
    const labels = changedLabels(host.labels, change);
    if (!labels) throw new ProblemError('request-invalid', 'labels: too many labels.');
    await changeHost(deps.db, host.id, { name, labels });
    return c.json(toHost({ ...host, name, labels }, profiles, deps.now()), 200);
  },
);

fleet.openapi(
  createRoute({
    method: 'delete',
    path: '/teams/{team}/hosts/{host}',
    operationId: 'retireHost',
    tags: ['Hosts'],
    summary: 'Retire a host',
    description: 'Its key is refused from now on, and events that only it reported are deleted.',
    security,
    middleware: [owner] as const,
    request: { params: hostPath },
    responses: {
      204: { description: 'The host is retired' },
      ...problemResponses(400, 401, 403, 404),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const { host } = await requireHost(deps, c.req.valid('param'));
    if (host.retiredAt === null) await retireHost(deps.db, host.id, deps.now().toISOString());
    return c.body(null, 204);
  },
);

fleet.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/versions/{version}/events',
    operationId: 'listEvents',
    tags: ['Hosts'],
    summary: 'List denials and complain-mode events of a version',
    description: 'As hosts of the team reported them; those of the most hosts first.',
    security,
    middleware: [publisher] as const,
    request: {
      params: teamPath.extend({ name: ProfileName, version: VersionNumber }),
      query: z.object({ limit: PageLimit }),
    },
    responses: { 200: json('The events', FleetEventList), ...problemResponses(400, 401, 403, 404) },
  }),
  async (c) => {
    const path = c.req.valid('param');
    const { limit } = c.req.valid('query');
    const found = await listEvents(c.var.deps.db, path, limit + 1);
    if (!found) {
      const detail = `Version ${path.team}/${path.name}@${path.version} does not exist.`;
      throw new ProblemError('not-found', detail);
    }
    const items = found.slice(0, limit).map(
      ({ type, record, hosts, firstAt, lastAt, days }): FleetEvent => ({
        ...{ type, record, hosts, firstAt, lastAt, days },
        count: days.reduce((sum, { count }) => sum + count, 0),
      }),
    );
    return c.json({ items, more: found.length > limit }, 200);
  },
);

const noTeam = (team: string) => new ProblemError('not-found', `Team ${team} does not exist.`);

async function requireHost({ db }: Deps, { team, host: id }: { team: string; host: number }) {
  const found = await readHost(db, team, id);
  if (!found) throw new ProblemError('not-found', `Team ${team} has no host ${id}.`);
  return found;
}
