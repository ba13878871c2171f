import { type Context, Hono } from 'hono';
import { findLayer, findManifest, findTagged, insertManifests } from '../../db/oci.ts';
import { findVersion } from '../../db/versions.ts';
import {
  type Digest,
  emptyBlob,
  isVersion,
  manifestType,
  type OciManifest,
  versionManifests,
} from '../../trust/index.ts';
import { viewer } from '../auth/identify.ts';
import type { Env } from '../ports.ts';
import { OciError } from './error.ts';
import { partOf } from './range.ts';
import { cacheControl, nameUnknown, requireDigest, requireRepository } from './repository.ts';

/** Manifests and blobs (OCI distribution-spec 1.1, "Pull"). */
export const content = new Hono<Env>();

/** The Cache-Control of what a tag names: as of resolved references. */
const taggedControl = 'public, max-age=10';

content.get('/v2/:team/:name/manifests/:reference', async (c) => {
  const reference = c.req.param('reference');
  const isByDigest = reference.includes(':');
  const { manifest, control } = isByDigest
    ? await manifestByDigest(c, requireDigest(reference))
    : await manifestByTag(c, reference);
  const bytes = encoder.encode(manifest.text);
  return c.body(bytes, 200, {
    ...contentHeaders(manifest.digest, control, bytes.length),
    'Content-Type': manifestType(manifest),
  });
});

content.get('/v2/:team/:name/blobs/:digest', async (c) => {
  const { team, name } = requireRepository(c);
  const reference = c.req.param('digest');
  const digest = requireDigest(reference);
  const unknown = new OciError('BLOB_UNKNOWN', `${team}/${name} has no blob ${reference}.`);
  if (!digest) throw unknown;
  const found = await findLayer(c.var.deps.db, viewer(c), { team, name, digest });
  if (!found) throw nameUnknown(c, `${team}/${name}`);
  const layer = digest === emptyBlob.digest ? emptyBlob.text : found.text;
  if (layer === null) throw unknown;
  return sendBlob(c, digest, encoder.encode(layer), cacheControl(found.visibility));
});

interface Served {
  manifest: OciManifest;
  control: string;
}

async function manifestByDigest(c: Context<Env>, digest: Digest | undefined): Promise<Served> {
  const { team, name } = requireRepository(c);
  if (!digest) throw manifestUnknown(team, name);
  const found = await findManifest(c.var.deps.db, viewer(c), { team, name, digest });
  if (!found) throw nameUnknown(c, `${team}/${name}`);
  const { manifest, visibility } = found;
  if (!manifest) throw manifestUnknown(team, name);
  return { manifest, control: cacheControl(visibility) };
}

async function manifestByTag(c: Context<Env>, reference: string): Promise<Served> {
  const { team, name } = requireRepository(c);
  const tag = isVersion(reference) ? { version: reference } : { channel: reference };
  const found = await findTagged(c.var.deps.db, viewer(c), { team, name, tag });
  if (!found) throw nameUnknown(c, `${team}/${name}`);
  const { version } = found;
  if (version === null) throw manifestUnknown(team, name);
  const manifest = found.manifest ?? (await makeManifests(c, { team, name, version }));
  return { manifest, control: taggedControl };
}

/** Stores the manifests of a version that is older than their table, once, and returns the artifact. */
async function makeManifests(
  c: Context<Env>,
  { team, name, version }: { team: string; name: string; version: string },
): Promise<OciManifest> {
  const { db } = c.var.deps;
  const row = await findVersion(db, viewer(c), team, name, version);
  const manifests = row ? await versionManifests({ ...row, name }) : [];
  const [artifact] = manifests;
  if (!artifact) throw manifestUnknown(team, name);
  await insertManifests(db, { team, name, version }, manifests);
  return artifact;
}

function manifestUnknown(team: string, name: string): OciError {
  const message = `${team}/${name} has no such manifest; a yanked version has only its digest.`;
  return new OciError('MANIFEST_UNKNOWN', message);
}

/** Sends a blob, or the part of it that the request's `Range` names. */
function sendBlob(
  c: Context<Env>,
  digest: Digest,
  bytes: Uint8Array<ArrayBuffer>,
  control: string,
): Response {
  const headers = {
    ...contentHeaders(digest, control, bytes.length),
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
  };
  const range = c.req.header('Range');
  const ifRange = c.req.header('If-Range');
  // Only GET has ranges (RFC 9110 section 14.2); If-None-Match comes before Range (section 13.2.2), and a failed If-Range
  // cancels it.
  const isPart =
    c.req.method === 'GET' &&
    range !== undefined &&
    c.req.header('If-None-Match') === undefined &&
    (ifRange === undefined || ifRange === headers.ETag);
  const part = isPart ? partOf(range, bytes.length) : undefined;
  if (!part) return c.body(bytes, 200, headers);
  if (part === 'unsatisfiable') {
    c.header('Content-Range', `bytes */${bytes.length}`);
    const message = `The range starts behind the end of the blob of ${bytes.length} bytes.`;
    throw new OciError('UNSUPPORTED', message, 416);
  }
  const { start, end } = part;
  return c.body(bytes.slice(start, end), 206, {
    ...headers,
    'Content-Length': String(end - start),
    'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}`,
  });
}

/** The length is set here, since a response to HEAD has no body that shows it. */
function contentHeaders(digest: Digest, control: string, length: number) {
  return {
    'Cache-Control': control,
    'Content-Length': String(length),
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
  };
}

const encoder = new TextEncoder();
