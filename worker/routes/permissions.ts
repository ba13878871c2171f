import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { ProfileName, TeamName, VersionSelector } from '../../contract/name.ts';
import { Diff, DiffQuery, Summary, TargetQuery } from '../../contract/permission.ts';
import { resolveReferences } from '../../db/resolve.ts';
import { dockerDefault, releases, releasesOf } from '../../policy/index.ts';
import {
  formatReference,
  isDigest,
  isVersion,
  parseReference,
  type Reference,
  servedVariant,
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
    const { release: wanted, target } = c.req.valid('query');
    const reference = referenceOf(c.req.valid('param'));
    const [row] = await resolveReferences(deps.db, viewer(c), [reference]);
    const { place, fits } = chosenOf(reference, row, wanted ?? target);
    const text = await storedText(deps, viewer(c), { ...place, fits }, partOf(place, row));
    const { release, base, summary } = await summaryOf(deps, text, target);
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
    const { to: text, release: wanted, target } = c.req.valid('query');
    const params = c.req.valid('param');
    const from = referenceOf(params);
    const to = text === 'docker-default' ? undefined : otherReference(text, params);
    const rows = await resolveReferences(deps.db, viewer(c), to ? [from, to] : [from]);
    const left = chosenOf(from, rows[0], wanted ?? target);
    const right = to && chosenOf(to, rows[1], wanted ?? target);
    const stored = ({ place, fits }: Chosen, row: Row) =>
      storedText(deps, viewer(c), { ...place, fits }, partOf(place, row));
    const { release, base, diff } = await diffOf(
      deps,
      await stored(left, rows[0]),
      right ? await stored(right, rows[1]) : await docker(),
      target,
    );
    const places = { from: left.place, to: right?.place ?? null };
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
type Chosen = ReturnType<typeof chosenOf>;

/** The package of a place. */
function partOf(place: Chosen['place'], row: Row) {
  return { ...place, manifest: row?.manifest ?? {} };
}

/** The profile of a resolved version, or its variant for a release, and the releases that this is for. */
function chosenOf(reference: Reference, row: Row, release: string | undefined) {
  if (!row || row.version === null || row.digest === null)
    throw new ProblemError('not-found', `${formatReference(reference)} does not exist.`);
  const froms = row.variants?.map(({ from }) => from) ?? [];
  const at = servedVariant(froms, release);
  const { digest, from: variant } = row.variants?.[at] ?? { digest: row.digest, from: null };
  const { team, name } = reference;
  const place = { team, name, version: row.version, digest, variant };
  return { place, fits: releasesOf(froms, at) };
}

async function docker() {
  const digest = await sha256(new TextEncoder().encode(dockerDefault));
  return { digest, text: async () => dockerDefault, fits: releases };
}
