import * as z from 'zod';
import { type Digest, isDigest, parseJson, sha256 } from '../../trust/index.ts';
import { refuse } from './refusal.ts';

const DigestText = z.string().refine(isDigest);

const Descriptor = z.object({
  mediaType: z.string(),
  digest: DigestText,
  size: z.int().min(0),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;

/** The members of image manifests and image indexes that are read (OCI image-spec 1.1). */
const Manifest = z.object({
  artifactType: z.string().optional(),
  layers: z.array(Descriptor).max(1000).optional(),
  manifests: z.array(Descriptor).max(1000).optional(),
  subject: Descriptor.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Manifest = z.infer<typeof Manifest>;

/** The maximum size of a manifest, in bytes: what registries accept (distribution-spec 1.1, "Pushing Manifests"). */
export const maxManifest = 4 << 20;

/** The maximum size of a bundle of one version, in bytes. */
export const maxVersionBundle = 32 << 20;

/** A list of tags; some registries send null for none (distribution-spec 1.1, "Content Discovery"). */
const Tags = z.object({ tags: z.array(z.string()).nullish() });

const limits = { maxDepth: 16, maxValues: 50_000 };

/** Parses a manifest or an index; refuses anything else. */
export function readManifest(bytes: Uint8Array, what: string): Manifest {
  return parse(Manifest, bytes) ?? refuse('mirror-malformed', `${what} is not a manifest of OCI`);
}

/** Parses a list of tags; refuses anything else. */
export function readTags(bytes: Uint8Array, what: string): string[] {
  const { tags } = parse(Tags, bytes) ?? refuse('mirror-malformed', `${what} is malformed`);
  return tags ?? [];
}

function parse<Value>(schema: z.ZodType<Value>, bytes: Uint8Array): Value | undefined {
  try {
    return schema.safeParse(parseJson(new TextDecoder().decode(bytes), limits)).data;
  } catch {
    return undefined;
  }
}

/** Refuses bytes that do not have their digest. */
export async function requireDigest(
  bytes: Uint8Array<ArrayBuffer>,
  digest: Digest,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const found = await sha256(bytes);
  if (found === digest) return bytes;
  refuse('digest-mismatch', `${what} has the digest ${found} instead of ${digest}`);
}
