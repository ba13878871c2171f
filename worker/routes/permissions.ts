import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { ProfileName, TeamName, VersionSelector } from '../../contract/name.ts';
import { Diff, DiffQuery, Summary, TargetQuery } from '../../contract/permission.ts';
import { resolveReferences } from '../../db/resolve.ts';
import { dockerDefault } from '../../policy/index.ts';
import {
  formatReference,
  isDigest,
  isVersion,
  parseReference,
  type Reference,
  sha256,
} from '../../trust/index.ts';
import { viewer } from '../auth/identify.ts';
import { createRouter, json, problemResponses } from '../openapi/router.ts';
import { diffOf, storedText, summaryOf } from '../permissions.ts';
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
    const { target } = c.req.valid('query');
    const reference = referenceOf(c.req.valid('param'));
    const [row] = await resolveReferences(deps.db, viewer(c), [reference]);
    const place = placeOf(reference, row);
    const { release, base, summary } = await summaryOf(
      deps,
      await storedText(deps, viewer(c), place.digest, { ...place, manifest: manifestOf(row) }),
      target,
    );
    return c.json({ ...place, target: release, base, ...summary }, 200);
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
    const { deps } = c.var;
    const { to: text, target } = c.req.valid('query');
    const params = c.req.valid('param');
    const from = referenceOf(params);
    const to = text === 'docker-default' ? undefined : otherReference(text, params);
    const rows = await resolveReferences(deps.db, viewer(c), to ? [from, to] : [from]);
    const places = { from: placeOf(from, rows[0]), to: to ? placeOf(to, rows[1]) : null };
    const stored = (place: Place, row: Row) =>
      storedText(deps, viewer(c), place.digest, { ...place, manifest: manifestOf(row) });
    const { release, base, diff } = await diffOf(
      deps,
      await stored(places.from, rows[0]),
      places.to ? await stored(places.to, rows[1]) : await docker(),
      target,
    );
    return c.json({ ...places, target: release, base, ...diff }, 200);
  },
);

function referenceOf({ team, name, version }: z.infer<typeof path>): Reference {
  const selector = isDigest(version)
    ? ({ kind: 'digest', digest: version } as const)
    : ({ kind: 'version', version } as const);
  return { team, name, selector };
}

/** The other side of a comparison: a version of the same profile, or of another. */
function otherReference(text: string, { team, name }: z.infer<typeof path>): Reference {
  if (isVersion(text) || isDigest(text)) return referenceOf({ team, name, version: text });
  const parsed = parseReference(text);
  if (parsed.ok && /^(version|digest)$/.test(parsed.reference.selector.kind))
    return parsed.reference;
  const detail = 'to: must be a version, a digest, team/name@version or docker-default.';
  throw new ProblemError('request-invalid', detail);
}

type Row = Awaited<ReturnType<typeof resolveReferences>>[number];
type Place = ReturnType<typeof placeOf>;

function manifestOf(row: Row) {
  return row?.manifest ?? {};
}

function placeOf(reference: Reference, row: Row) {
  if (!row || row.version === null || row.digest === null)
    throw new ProblemError('not-found', `${formatReference(reference)} does not exist.`);
  const { team, name } = reference;
  return { team, name, version: row.version, digest: row.digest };
}

async function docker() {
  const digest = await sha256(new TextEncoder().encode(dockerDefault));
  return { digest, text: async () => dockerDefault };
}
