import { type Digest, sha256 } from '../digest.ts';
import type { Manifest } from '../statement.ts';

/** The media types of what an OCI registry serves of a version (OCI image-spec 1.1, "Media Types"; and our own). */
export const ociTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  /** The types of artifacts. */
  profile: 'application/vnd.aa-registry.profile.v1',
  envelope: 'application/vnd.aa-registry.envelope.v1',
  proof: 'application/vnd.aa-registry.proof.v1',
  bundle: 'application/vnd.aa-registry.bundle.v1',
  /** The types of their layers. */
  policy: 'application/vnd.aa-registry.policy.v1',
  dsse: 'application/vnd.dsse.envelope.v1+json',
  logProof: 'application/vnd.aa-registry.proof.v1+json',
  evidence: 'application/vnd.aa-registry.bundle.v1+json',
} as const;

/** The annotation with the oldest AppArmor release that a variant is for. */
export const releaseAnnotation = 'vnd.aa-registry.release';

/** The annotation with the size of the log that a bundle is proved under. */
export const logSizeAnnotation = 'vnd.aa-registry.log-size';

/** The annotation with the time that something was made at; of a bundle, that of its checkpoint. */
export const createdAnnotation = 'org.opencontainers.image.created';

/** What a manifest is of its version: the artifact that tags name, one of its variants, or what refers to the artifact. */
export const ociRoles = ['artifact', 'variant', 'envelope', 'proof', 'bundle'] as const;
export type OciRole = (typeof ociRoles)[number];

/** An image manifest or image index. */
export interface OciManifest {
  role: OciRole;
  /** The digest of `text`. */
  digest: Digest;
  /** The exact bytes: JSON in UTF-8. */
  text: string;
  /** The digest of its only layer; null for an index. */
  layer: Digest | null;
}

/** The stored facts that a version's manifests follow from. */
export interface OciVersion {
  /** The name of the profile, which becomes the name of the file. */
  name: string;
  version: string;
  publishedAt: string;
  manifest: Pick<Manifest, 'description' | 'license'>;
  /** Of the only file; of versions with variants they have those of all. */
  digest: Digest;
  size: number;
  variants: readonly { from: string; digest: Digest; size: number }[] | null;
  /** The exact text of the DSSE envelope. */
  envelope: string;
}

/** A descriptor (OCI image-spec 1.1, "OCI Content Descriptors"). */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  artifactType?: string;
  annotations?: Readonly<Record<string, string>>;
}

/** The empty config of artifacts (image-spec 1.1, "Guidance for an Empty Descriptor"). */
export const emptyBlob = {
  text: '{}',
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
} as const;

/**
 * The manifests of a version: the artifact, which is an index if there are variants; then each variant; then the envelope's,
 * which refers to the artifact. Their bytes follow from stored facts only, in a fixed order, so digests never change.
 */
export async function versionManifests(version: OciVersion): Promise<OciManifest[]> {
  const { name, publishedAt, manifest, digest, size, variants, envelope } = version;
  const created = { [createdAnnotation]: publishedAt };
  const indexed = { ...created, 'org.opencontainers.image.version': version.version };
  const described = {
    ...indexed,
    'org.opencontainers.image.description': manifest.description,
    'org.opencontainers.image.licenses': manifest.license,
  };
  const layerOf = (file: { digest: Digest; size: number }): Descriptor => ({
    mediaType: ociTypes.policy,
    digest: file.digest,
    size: file.size,
    annotations: { 'org.opencontainers.image.title': name },
  });
  const all = await Promise.all(
    (variants ?? []).map((variant) =>
      imageManifest('variant', layerOf(variant), {
        annotations: { ...described, [releaseAnnotation]: variant.from },
      }),
    ),
  );
  const artifact = variants
    ? await imageIndex(all, { variants, annotations: indexed })
    : await imageManifest('artifact', layerOf({ digest, size }), { annotations: described });
  const envelopeLayer = await descriptorOf(envelope, ociTypes.dsse, `${name}.dsse.json`);
  const referrer = { subject: descriptorTo(artifact), annotations: created };
  return [artifact, ...all, await imageManifest('envelope', envelopeLayer, referrer)];
}

/**
 * The index of the variants' manifests. Clients of before image-spec 1.1 write an index again when they copy it: without
 * an `artifactType`, and with sorted annotations (skopeo 1.9). Its bytes survive that, and so does its digest.
 */
function imageIndex(
  manifests: readonly OciManifest[],
  {
    variants,
    annotations,
  }: { variants: readonly { from: string }[]; annotations: Readonly<Record<string, string>> },
): Promise<OciManifest> {
  const index = {
    schemaVersion: 2,
    mediaType: ociTypes.index,
    manifests: manifests.map((one, at) => ({
      ...descriptorTo(one),
      annotations: { [releaseAnnotation]: variants[at]?.from ?? '' },
    })),
    annotations,
  };
  return stored('artifact', index, null);
}

/**
 * The manifest that refers an artifact to a proof that the log has its version. `proof` is JSON as GET …/proof returns it;
 * `created` is when it was made: a later proof would be another, so it is made once and stored.
 */
export async function proofManifest(
  artifact: Pick<OciManifest, 'text' | 'digest' | 'layer'>,
  { name, proof, created }: { name: string; proof: string; created: string },
): Promise<OciManifest> {
  const layer = await descriptorOf(proof, ociTypes.logProof, `${name}.proof.json`);
  return imageManifest('proof', layer, {
    subject: descriptorTo(artifact),
    annotations: { [createdAnnotation]: created },
  });
}

/**
 * The manifest that refers an artifact to a bundle of its version, with which a host verifies it without the registry.
 * `bundle` is its JSON, proved under the log's checkpoint of `logSize` entries, which was made at `created`.
 */
export async function bundleManifest(
  artifact: Pick<OciManifest, 'text' | 'digest' | 'layer'>,
  {
    name,
    bundle,
    created,
    logSize,
  }: { name: string; bundle: string; created: string; logSize: number },
): Promise<OciManifest> {
  const layer = await descriptorOf(bundle, ociTypes.evidence, `${name}.bundle`);
  return imageManifest('bundle', layer, {
    subject: descriptorTo(artifact),
    annotations: { [createdAnnotation]: created, [logSizeAnnotation]: `${logSize}` },
  });
}

/** The artifact types by role. */
const artifactTypes: Record<OciRole, string> = {
  artifact: ociTypes.profile,
  variant: ociTypes.profile,
  envelope: ociTypes.envelope,
  proof: ociTypes.proof,
  bundle: ociTypes.bundle,
};

/** An image manifest (image-spec 1.1, "Guidelines for Artifact Usage"), with the members in the specification's order. */
function imageManifest(
  role: OciRole,
  layer: Descriptor,
  { subject, annotations }: { subject?: Descriptor; annotations: Readonly<Record<string, string>> },
): Promise<OciManifest> {
  const manifest = {
    schemaVersion: 2,
    mediaType: ociTypes.manifest,
    artifactType: artifactTypes[role],
    config: { mediaType: ociTypes.empty, digest: emptyBlob.digest, size: emptyBlob.text.length },
    layers: [layer],
    ...(subject && { subject }),
    annotations,
  };
  return stored(role, manifest, layer.digest);
}

async function stored(role: OciRole, manifest: object, layer: Digest | null): Promise<OciManifest> {
  const text = JSON.stringify(manifest);
  return { role, digest: await sha256(encoder.encode(text)), text, layer };
}

async function descriptorOf(text: string, mediaType: string, title: string): Promise<Descriptor> {
  const bytes = encoder.encode(text);
  const annotations = { 'org.opencontainers.image.title': title };
  return { mediaType, digest: await sha256(bytes), size: bytes.length, annotations };
}

/** The descriptor of a manifest. */
function descriptorTo({ digest, text, layer }: Pick<OciManifest, 'digest' | 'text' | 'layer'>) {
  return { mediaType: manifestType({ layer }), digest, size: encoder.encode(text).length };
}

/** The media type of a manifest. */
export function manifestType({ layer }: Pick<OciManifest, 'layer'>): string {
  return layer === null ? ociTypes.index : ociTypes.manifest;
}

/** The descriptor of a referrer as the referrers API lists it (distribution-spec 1.1, "Listing Referrers"). */
export function referrerOf(
  referrer: Pick<OciManifest, 'role' | 'digest' | 'text' | 'layer'>,
): Descriptor {
  const { annotations } = JSON.parse(referrer.text) as Pick<Descriptor, 'annotations'>;
  return {
    ...descriptorTo(referrer),
    artifactType: artifactTypes[referrer.role],
    ...(annotations && { annotations }),
  };
}

const encoder = new TextEncoder();
