import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { ProfileName, TeamName, VersionSelector } from '../../contract/name.ts';
import { Diff, DiffQuery, Summary, TargetQuery } from '../../contract/permission.ts';
import { resolveReferences } from '../../db/resolve.ts';
import { viewer } from '../auth/identify.ts';
import { chosenOf } from '../chosen-version.ts';
import { compareSides, parseSide, toDiff, versionReference } from '../comparison.ts';
import { createRouter, json, problemResponses } from '../openapi/router.ts';
import { storedText, summaryOf } from '../permissions.ts';
import { ProblemError } from '../problem.ts';

export const permissions = createRouter();

const path = z.object({ team: TeamName, name: ProfileName, version: VersionSelector });

permissions.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/versions/{version}/summary',
    operationId: 'summarizeVersion',
    tags: ['Versions'],
    summary: 'Get what a version permits, the most dangerous first',
    description: 'Without a base policy, includes are named and count as empty.',
    request: { params: path, query: TargetQuery },
    responses: { 200: json('The summary', Summary), ...problemResponses(400, 404, 'busy') },
  }),
  async (c) => {
    const { deps } = c.var;
    const { release: wanted, target } = c.req.valid('query');
    const reference = versionReference(c.req.valid('param'));
    const [row] = await resolveReferences(deps.db, viewer(c), [reference], true);
    const chosen = chosenOf(reference, row, wanted ?? target);
    const text = await storedText(deps, viewer(c), chosen);
    const { release, base, summary } = await summaryOf(deps, text, target);
    return c.json({ ...chosen.place, target: release, base, ...summary }, 200);
  },
);

permissions.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/versions/{version}/diff',
    operationId: 'compareVersions',
    tags: ['Versions'],
    summary: 'Compare what two versions permit',
    request: { params: path, query: DiffQuery },
    responses: { 200: json('The differences', Diff), ...problemResponses(400, 404, 'busy') },
  }),
  async (c) => {
    const { to: text, ...releases } = c.req.valid('query');
    const path = c.req.valid('param');
    const to = parseSide(text, path);
    if (!to) {
      const detail = 'to: must be a version, a digest, team/name@version or docker-default.';
      throw new ProblemError('request-invalid', detail);
    }
    const sides = [versionReference(path), to] as const;
    const found = await compareSides(c.var.deps, viewer(c), sides, releases);
    return c.json(toDiff(found) as Diff, 200);
  },
);
