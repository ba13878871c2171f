import { join } from 'node:path';
import { type Bundle, type Digest, ociTypes } from '../../trust/index.ts';
import { maxBundle, parseBundle } from '../bundle.ts';
import { readRegularFile } from '../files.ts';
import {
  type Descriptor,
  type Manifest,
  maxManifest,
  maxVersionBundle,
  readManifest,
  requireDigest,
} from './content.ts';
import { refuse } from './refusal.ts';

/** The maximum number of manifests that are looked for: a version has about five. */
const maxManifests = 10_000;

/**
 * All bundles in a folder in the OCI image layout (image-spec 1.1, "OCI Image Layout Specification"), as clients that copy
 * referrers write it. Ends with a refusal if it has none.
 */
export async function readLayout(folder: string): Promise<Bundle[]> {
  let size = 0;
  const read = async (path: string, limit: number) => {
    const bytes = await readRegularFile(join(folder, path), limit);
    size += bytes?.length ?? 0;
    if (size > maxBundle) refuse('mirror-malformed', `${folder} has more than ${maxBundle} bytes`);
    return bytes;
  };
  const blob = async (digest: Digest, limit: number) => {
    const bytes = await read(join('blobs', digest.replace(':', '/')), limit);
    return bytes && requireDigest(bytes, digest, `a blob of ${folder}`);
  };
  const index = await read('index.json', maxManifest);
  if (!index) refuse('not-in-mirror', `${folder} is not a folder in the OCI image layout`);

  const bundles: Bundle[] = [];
  const seen = new Set<string>();
  const waiting: Descriptor[] = readManifest(index, join(folder, 'index.json')).manifests ?? [];
  // Lists of referrers, which some clients keep as an index, are followed.
  for (const one of waiting) {
    if (seen.has(one.digest)) continue;
    seen.add(one.digest);
    if (seen.size > maxManifests) {
      refuse('mirror-malformed', `${folder} names more than ${maxManifests} manifests`);
    }
    const bytes = await blob(one.digest, maxManifest);
    if (!bytes) continue;
    const manifest: Manifest = readManifest(bytes, `${one.digest} in ${folder}`);
    waiting.push(...(manifest.manifests ?? []));
    const [layer] = manifest.layers ?? [];
    if (manifest.artifactType !== ociTypes.bundle || !layer) continue;
    const text = await blob(layer.digest, maxVersionBundle);
    const bundle = text && parseBundle(text.toString());
    if (text && !bundle) refuse('mirror-malformed', `a bundle in ${folder} is malformed`);
    if (bundle) bundles.push(bundle);
  }
  if (bundles.length > 0) return bundles;
  const next =
    'Copy profiles with all that refers to them, for example with "oras cp --recursive".';
  refuse('evidence-missing', `${folder} has no bundle that proves a profile`, next);
}
