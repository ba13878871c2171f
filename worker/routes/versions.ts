import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import * as z from 'zod';
import { Proof, ProofQuery } from '../../contract/log.ts';
import { ProfileName, TeamName, VersionNumber, VersionSelector } from '../../contract/name.ts';
import {
  PageQuery,
  Publication,
  Published,
  VariantQuery,
  Version,
  VersionList,
  Yank,
} from '../../contract/profile.ts';
import type { StoredAnalysis } from '../../db/analyses.ts';
import {
  findAnalysedVersion,
  findVersion,
  findVersionFile,
  listVersions,
  type Version as Row,
  type VersionFile,
  yankVersion,
} from '../../db/versions.ts';
import type { Viewer } from '../../db/viewer.ts';
import { announce } from '../../db/webhooks.ts';
import { releases, releasesOf } from '../../policy/index.ts';
import { compareReleaseNumbers } from '../../trust/index.ts';
import { analysisOf } from '../analysis/version.ts';
import { requireRole, requireRoleToCreate, viewer } from '../auth/identify.ts';
import { invalidates } from '../cache/invalidate.ts';
import { logEntryName, logEntryReason } from '../log/entry-name.ts';
import { proveAppendedEntry, proveEntry } from '../log/proof.ts';
import { readBody } from '../middleware/body.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import { decodeCursor, encodeCursor, linkNext } from '../page.ts';
import { type PublishedText, summarizePublished } from '../permissions.ts';
import type { Deps, Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { publish } from '../publish.ts';
import { profileNotFound, requireProfile } from './profile.ts';
import { type SummaryRow, toVersionSummary } from './version-summary.ts';

export const versions = createRouter();

const path = z.object({ team: TeamName, name: ProfileName });
const versionPath = path.extend({ version: VersionSelector });

/** The contents of a cursor of the list of versions. */
const VersionPlace = z.strictObject({ precedence: z.string().max(300) });

/** The bytes of a version never change. */
const immutable = 'public, max-age=31536000, immutable';

versions.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/versions',
    operationId: 'listVersions',
    tags: ['Versions'],
    summary: "List a profile's versions",
    request: { params: path, query: PageQuery },
    responses: {
      200: json('A page of versions, highest first', VersionList),
      ...problemResponses(400, 404),
    },
  }),
  async (c) => {
    const { team, name } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const found = await listVersions(c.var.deps.db, viewer(c), team, name, {
      before: cursor === undefined ? undefined : decodeCursor(VersionPlace, cursor).precedence,
      limit: limit + 1,
    });
    if (!found) throw profileNotFound(team, name);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const next =
      found.length > limit && last ? encodeCursor({ precedence: last.precedence }) : null;
    linkNext(c, next);
    return c.json({ items: page.map(toVersionSummary), next }, 200);
  },
);

versions.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/versions/{version}',
    operationId: 'getVersion',
    tags: ['Versions'],
    summary: 'Get a version and its lint diagnostics',
    request: { params: versionPath },
    responses: { 200: json('The version', Version), ...problemResponses(400, 404) },
  }),
  async (c) => {
    return c.json(await describeVersion(c, c.req.valid('param')), 200);
  },
);

versions.openapi(
  createRoute({
    method: 'put',
    path: '/profiles/{team}/{name}/versions/{version}',
    operationId: 'publishVersion',
    tags: ['Versions'],
    summary: 'Publish a version',
    description:
      'Versions are immutable. Publishing the same bytes again changes nothing (200); other bytes are refused (409).',
    security: [{ token: [] }],
    middleware: [requireRoleToCreate('publisher'), readBody, invalidates('references')] as const,
    request: { params: path.extend({ version: VersionNumber }), body: jsonBody(Publication) },
    responses: {
      200: json('The version already existed with the same bytes', Published),
      201: json('The new version, with its log inclusion proof', Published),
      ...problemResponses(
        ...([400, 401, 403, 404, 413, 415] as const),
        ...(['quota-exceeded', 'version-exists', 'profile-moved', 'visibility-other'] as const),
        ...(['profile-changed', 'version-widens', 'dependency-refused'] as const),
        ...(['profile-too-large', 'envelope-refused', 'profile-invalid', 'busy'] as const),
      ),
    },
  }),
  async (c) => {
    const { team, name, version } = c.req.valid('param');
    const { deps } = c.var;
    const publication = c.req.valid('json');
    const published = await publish(deps, viewer(c), team, name, version, publication);
    const { created, version: row, analysis, logged, blind } = published;
    if (created) await deps.log.cosignUpTo(row.logIndex + 1, c.env?.waitUntil);
    const proof = await proveAppendedEntry(deps, logged);
    const body = {
      ...toVersion(team, name, row, analysis),
      proof: { ...proof, ...(blind === null ? {} : { blind }) },
    };
    const { kind, dependencies } = row.manifest;
    // What is read with other packages changes with them.
    if (created && kind !== 'abstraction' && !dependencies) {
      const summarizing = summarizePublished(deps, textsOf({ team, name }, row, publication));
      c.env?.waitUntil?.(summarizing);
    }
    return created ? c.json(body, 201) : c.json(body, 200);
  },
);

versions.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/versions/{version}/profile',
    operationId: 'getProfileText',
    tags: ['Versions'],
    summary: "Get the profile's exact bytes",
    request: { params: versionPath, query: VariantQuery },
    responses: {
      200: {
        description: 'The bytes; the ETag is their digest',
        content: { 'text/plain': { schema: z.string() } },
      },
      304: { description: 'Not modified' },
      ...problemResponses(400, 404),
    },
  }),
  async (c) => {
    const { release } = c.req.valid('query');
    const { text, digest, visibility } = await requireFile(
      c,
      c.req.valid('param'),
      'profile',
      release === undefined ? [] : releasesUpTo(release),
    );
    return c.body(text, 200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': cacheControl(visibility),
      ETag: `"${digest}"`,
    });
  },
);

versions.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/versions/{version}/envelope',
    operationId: 'getEnvelope',
    tags: ['Versions'],
    summary: 'Get the DSSE envelope of the signed statement',
    request: { params: versionPath },
    responses: {
      200: {
        description: 'The envelope as published',
        content: {
          'application/vnd.dsse.envelope.v1+json': { schema: Publication.shape.envelope },
        },
      },
      304: { description: 'Not modified' },
      ...problemResponses(400, 404),
    },
  }),
  async (c) => {
    const { text, visibility } = await requireFile(c, c.req.valid('param'), 'envelope');
    return c.body(text, 200, {
      'Content-Type': 'application/vnd.dsse.envelope.v1+json',
      'Cache-Control': cacheControl(visibility),
    });
  },
);

versions.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/versions/{version}/readme',
    operationId: 'getReadme',
    tags: ['Versions'],
    summary: "Get a version's README",
    request: { params: versionPath },
    responses: {
      200: { description: 'Markdown', content: { 'text/markdown': { schema: z.string() } } },
      304: { description: 'Not modified' },
      ...problemResponses(400, 404),
    },
  }),
  async (c) => {
    const { text, digest, visibility } = await requireFile(c, c.req.valid('param'), 'readme');
    return c.body(text, 200, {
      'Content-Type': 'text/markdown; charset=utf-8',
      'Cache-Control': cacheControl(visibility),
      ETag: `"${digest}"`,
    });
  },
);

versions.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/versions/{version}/proof',
    operationId: 'proveVersion',
    tags: ['Versions'],
    summary: "Prove that the registry's log contains a version",
    request: { params: versionPath, query: ProofQuery },
    responses: { 200: json('The proof', Proof), ...problemResponses(400, 404) },
  }),
  async (c) => {
    const params = c.req.valid('param');
    const { logIndex, blind } = await requireVersion(c.var.deps, viewer(c), params);
    const proof = await proveEntry(c.var.deps, logIndex, c.req.valid('query'));
    return c.json({ ...proof, ...(blind === null ? {} : { blind }) }, 200);
  },
);

versions.openapi(
  createRoute({
    method: 'post',
    path: '/profiles/{team}/{name}/versions/{version}/yank',
    operationId: 'yankVersion',
    tags: ['Versions'],
    summary: 'Yank a version',
    description:
      'A yanked version stays available by its number or digest; ranges, channels and latest no longer select it.',
    security: [{ token: [] }],
    middleware: [requireRole('publisher'), readBody, invalidates('references')] as const,
    request: { params: path.extend({ version: VersionNumber }), body: jsonBody(Yank) },
    responses: {
      200: json('The version', Version),
      ...problemResponses(400, 401, 403, 404, 413, 415),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const params = c.req.valid('param');
    const { team, name, version } = params;
    const { reason } = c.req.valid('json');
    const row = await requireVersion(deps, viewer(c), params);
    if (row.yankReason === null) {
      const profile = await requireProfile(c, team, name);
      const time = deps.now().toISOString();
      await deps.log.append(
        {
          kind: 'yank',
          time,
          team,
          name: await logEntryName(team, name, profile),
          version,
          yanked: true,
          reason: logEntryReason(reason, profile),
        },
        (logIndex) => [
          ...yankVersion(deps.db, row, team, name, reason),
          announce(deps.db, team, {
            kind: 'version.yanked',
            time,
            data: { team, name, version, reason, logIndex },
          }),
        ],
        async () => (await requireVersion(deps, viewer(c), params)).yankReason !== null,
      );
    }
    return c.json(await describeVersion(c, params), 200);
  },
);

/** The texts of a new version: the profile, or each variant with the releases that it is for. */
function textsOf(
  of: PublishedText['of'],
  { digest, variants }: Pick<Row, 'digest' | 'variants'>,
  { profile, variants: others = [] }: z.infer<typeof Publication>,
): PublishedText[] {
  if (!variants) return [{ digest, of, text: profile, fits: releases }];
  const froms = variants.map(({ from }) => from);
  const texts = [profile, ...others];
  return variants.map((one, at) => ({
    ...{ digest: one.digest, of, text: texts[at] ?? '', fits: releasesOf(froms, at) },
  }));
}

/** The known releases up to one, ascending. */
function releasesUpTo(last: string): string[] {
  return releases.filter((one) => compareReleaseNumbers(one, last) <= 0);
}

/** The Cache-Control of a version's bytes: immutable, or uncacheable by others while the profile is private. */
function cacheControl(visibility: VersionFile['visibility']): string {
  return visibility === 'public' ? immutable : 'private, no-cache';
}

async function requireFile(
  c: Context<Env>,
  path: z.infer<typeof versionPath>,
  file: 'profile' | 'readme' | 'envelope',
  upTo: readonly string[] = [],
): Promise<VersionFile & { text: string }> {
  const { team, name, version } = path;
  const found = await findVersionFile(c.var.deps.db, viewer(c), team, name, version, file, upTo);
  if (!found) throw versionNotFound(path);
  const { text } = found;
  if (text !== null) return { ...found, text };
  if (found.digest !== null) throw new Error(`the content of ${found.digest} is missing`);
  throw new ProblemError('not-found', `${team}/${name}@${version} has no README.`);
}

async function requireVersion(
  { db }: Deps,
  viewer: Viewer,
  path: z.infer<typeof versionPath>,
): Promise<Row & { blind: string | null }> {
  const row = await findVersion(db, viewer, path.team, path.name, path.version);
  if (!row) throw versionNotFound(path);
  return row;
}

function versionNotFound({ team, name, version }: z.infer<typeof versionPath>): ProblemError {
  return new ProblemError('not-found', `Version ${version} of ${team}/${name} does not exist.`);
}

async function describeVersion(
  c: Context<Env>,
  { team, name, version }: z.infer<typeof versionPath>,
): Promise<Version> {
  const { deps } = c.var;
  const found = await findAnalysedVersion(deps.db, viewer(c), team, name, version);
  if (!found) throw versionNotFound({ team, name, version });
  return toVersion(team, name, found.version, await analysisOf(deps, team, name, found));
}

/** A version with its analysis in the API's form. */
export function toVersion(
  team: string,
  name: string,
  row: Shown,
  { diagnostics, omitted, suppressed, grade, needs, unseen }: StoredAnalysis,
): Version {
  const { manifest } = row;
  const lint = { diagnostics, omitted, suppressed, grade, needs, unseen };
  return { team, name, ...toVersionSummary(row), manifest, ...lint };
}

/** The columns of a version that the API shows. */
type Shown = SummaryRow & Pick<Row, 'manifest'>;
