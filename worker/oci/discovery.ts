import { type Context, Hono } from 'hono';
import { isStorageFull } from '../../db/failure.ts';
import { findReferrers, listTags, type Referred, saveProof } from '../../db/oci.ts';
import { ociTypes, proofManifest, referrerOf } from '../../trust/index.ts';
import { viewer } from '../auth/identify.ts';
import { proveEntry } from '../log/proof.ts';
import type { Deps, Env } from '../ports.ts';
import { hasCurrentBundle, makeVersionBundle } from './bundle.ts';
import { OciError } from './error.ts';
import { nameUnknown, requireDigest, requireRepository } from './repository.ts';

/** Lists of tags and referrers (OCI distribution-spec 1.1, "Content Discovery"). */
export const discovery = new Hono<Env>();

/** The maximum number of tags in a response. */
const maxTags = 1000;

/** The longest tag. */
const maxTagLength = 128;

discovery.get('/v2/:team/:name/tags/list', async (c) => {
  const { team, name } = requireRepository(c);
  const { n, last = '' } = c.req.query();
  if (n !== undefined && !/^\d{1,15}$/.test(n)) {
    throw new OciError('UNSUPPORTED', 'n: must be a whole number.', 400);
  }
  if (last.length > maxTagLength) throw new OciError('UNSUPPORTED', 'last: must be a tag.', 400);
  const limit = Math.min(Number(n ?? maxTags), maxTags);
  const found = await listTags(c.var.deps.db, viewer(c), { team, name, last, limit: limit + 1 });
  if (!found) throw nameUnknown(c, `${team}/${name}`);
  const tags = found.slice(0, limit);
  const end = tags.at(-1);
  if (end !== undefined && found.length > limit) {
    c.header('Link', `</v2/${team}/${name}/tags/list?n=${limit}&last=${end}>; rel="next"`);
  }
  return c.json({ name: `${team}/${name}`, tags });
});

discovery.get('/v2/:team/:name/referrers/:digest', async (c) => {
  const { team, name } = requireRepository(c);
  const digest = requireDigest(c.req.param('digest'));
  const artifactType = c.req.query('artifactType');
  const found = digest && (await readReferrers(c, { team, name, digest }));
  const all = found ? found.referrers.map(referrerOf) : [];
  const manifests = artifactType ? all.filter((one) => one.artifactType === artifactType) : all;
  if (artifactType) c.header('OCI-Filters-Applied', 'artifactType');
  const index = { schemaVersion: 2, mediaType: ociTypes.index, manifests };
  return c.body(JSON.stringify(index), 200, { 'Content-Type': ociTypes.index });
});

/** What refers to an artifact. Makes the log's proof of its version once, and its bundle again when that is no longer recent. */
async function readReferrers(
  c: Context<Env>,
  path: Parameters<typeof findReferrers>[2],
): Promise<Referred | null> {
  const { deps } = c.var;
  const read = async () => {
    const found = await findReferrers(deps.db, viewer(c), path);
    if (found === undefined) throw nameUnknown(c, `${path.team}/${path.name}`);
    return found;
  };
  const found = await read();
  if (!found) return found;
  const hasProof = found.referrers.some(({ role }) => role === 'proof');
  const hasBundle = hasCurrentBundle(found, deps.now());
  if (hasProof && hasBundle) return found;
  const make = async () => {
    if (!hasProof) await makeProof(deps, path, found);
    if (!hasBundle) await makeVersionBundle(deps, viewer(c), path, found);
  };
  await make().catch((error: unknown) => {
    // A full disk must not stop reads.
    if (!isStorageFull(error)) throw error;
  });
  // Not what was just made: that of a concurrent request may have been stored.
  return read();
}

/** Makes and stores the proof of an artifact's version under the current checkpoint, which witnesses usually have cosigned. */
async function makeProof(
  deps: Deps,
  { team, name }: { team: string; name: string },
  { artifact, version, logIndex, blind }: Referred,
): Promise<void> {
  const proof = { ...(await proveEntry(deps, logIndex)), ...(blind === null ? {} : { blind }) };
  const layerText = JSON.stringify(proof);
  const created = deps.now().toISOString();
  const manifest = await proofManifest(artifact, { name, proof: layerText, created });
  await saveProof(deps.db, { team, name, version }, { ...manifest, layerText });
}
