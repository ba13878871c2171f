import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type OciVersion, proofManifest, referrerOf, versionManifests } from '../../trust/index.ts';

const digestOf = (text: string) =>
  `sha256:${createHash('sha256').update(text).digest('hex')}` as const;

const version: OciVersion = {
  name: 'web',
  version: '1.0.0',
  publishedAt: '2026-01-31T12:00:00.000Z',
  manifest: { description: 'Confines “web”', license: 'Apache-2.0' },
  digest: digestOf('profile web {}\n'),
  size: 15,
  variants: null,
  envelope: '{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[]}',
};

const variants: OciVersion = {
  ...version,
  variants: [
    { from: '3.0', digest: version.digest, size: 15 },
    { from: '4.0', digest: digestOf('profile web { userns, }\n'), size: 24 },
  ],
};

/** The digests by role, which clients have pinned: a change of them is a change of the format. */
const pinned: [string, OciVersion, [role: string, digest: string][]][] = [
  [
    'one file',
    version,
    [
      ['artifact', 'sha256:b61f3b2ba0bcfdce8c12e604cd9d2b0338f95a3e2219cdfaeeef765f1d97a220'],
      ['envelope', 'sha256:4e9f8dd136eab4e007ede506e27f236fb0261c88d67b3ee3b7ee4b9f3a80f6c6'],
    ],
  ],
  [
    'variants',
    variants,
    [
      ['artifact', 'sha256:63ff982fce2701d51bb47447e49392824bf8713a397b2118d53845c75d6f7729'],
      ['variant', 'sha256:adc1babf104c31311c819a0dc35362d6174ca1dd9a074de3b2152f1090a36089'],
      ['variant', 'sha256:6671d40e290479de452c29909e632a6d6c64fed4907761ea1a1de65d3b41ee75'],
      ['envelope', 'sha256:d666a367b3743ae684a40c41ed48d2461e305a6d12a5f498b3e3ec2748b2cb71'],
    ],
  ],
];

test.each(pinned)('the digests of a version with %s never change', async (_, facts, expected) => {
  const manifests = await versionManifests(facts);
  expect(manifests.map(({ role, digest }) => [role, digest])).toEqual(expected);
  for (const { text, digest } of manifests) expect(digestOf(text)).toBe(digest);
});

test('facts that are not part of the artifact do not change it', async () => {
  const more = { ...version, yankReason: 'broken', logIndex: 7, id: 3 };
  expect(await versionManifests(more)).toEqual(await versionManifests(version));
});

test.each<[string, Partial<OciVersion>, string[]]>([
  ['version', { version: '1.0.1' }, ['artifact', 'envelope']],
  ['time of publication', { publishedAt: '2026-01-31T12:00:00.001Z' }, ['artifact', 'envelope']],
  ['text', { digest: digestOf('') }, ['artifact', 'envelope']],
  ['envelope', { envelope: '{}' }, ['envelope']],
])('another %s is another artifact', async (_, change, roles) => {
  const before = await versionManifests(version);
  const after = await versionManifests({ ...version, ...change });
  const changed = after.filter(({ digest }, at) => digest !== before[at]?.digest);
  expect(changed.map(({ role }) => role)).toEqual(roles);
});

test('the artifact is a manifest with an empty config and the profile as its layer', async () => {
  const [artifact] = await versionManifests(version);
  expect(JSON.parse(artifact?.text ?? '')).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.aa-registry.profile.v1',
    config: {
      mediaType: 'application/vnd.oci.empty.v1+json',
      digest: digestOf('{}'),
      size: 2,
    },
    layers: [
      {
        mediaType: 'application/vnd.aa-registry.policy.v1',
        digest: version.digest,
        size: 15,
        annotations: { 'org.opencontainers.image.title': 'web' },
      },
    ],
    annotations: {
      'org.opencontainers.image.created': '2026-01-31T12:00:00.000Z',
      'org.opencontainers.image.version': '1.0.0',
      'org.opencontainers.image.description': 'Confines “web”',
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
  });
});

test('the artifact of a version with variants is an index of a manifest for each', async () => {
  const [artifact, ...others] = await versionManifests(variants);
  const index = JSON.parse(artifact?.text ?? '');
  const described = expect.objectContaining({ size: expect.any(Number) });
  expect(index).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [described, described],
    annotations: {
      'org.opencontainers.image.created': '2026-01-31T12:00:00.000Z',
      'org.opencontainers.image.version': '1.0.0',
    },
  });
  expect(artifact?.layer).toBeNull();
  for (const [at, { from, digest, size }] of (variants.variants ?? []).entries()) {
    const { role, text, layer, digest: own } = others[at] ?? {};
    expect([role, layer, own]).toEqual(['variant', digest, index.manifests[at].digest]);
    expect(Buffer.byteLength(text ?? '')).toBe(index.manifests[at].size);
    expect(index.manifests[at].annotations).toEqual({ 'vnd.aa-registry.release': from });
    expect(JSON.parse(text ?? '')).toMatchObject({
      layers: [{ digest, size }],
      annotations: { 'vnd.aa-registry.release': from },
    });
  }
});

test.each([
  ['one file', version],
  ['variants', variants],
])('the envelope and a proof refer to the artifact of a version with %s', async (_, facts) => {
  const [artifact, ...others] = await versionManifests(facts);
  const envelope = others.at(-1);
  if (!artifact || !envelope) throw new Error('no manifests');
  const subject = {
    mediaType: JSON.parse(artifact.text).mediaType,
    digest: artifact.digest,
    size: Buffer.byteLength(artifact.text),
  };
  const created = '2026-02-01T00:00:00.000Z';
  const proof = await proofManifest(artifact, { name: 'web', proof: '{"index":1}', created });
  for (const [referrer, text, type, time] of [
    [envelope, facts.envelope, 'envelope', facts.publishedAt],
    [proof, '{"index":1}', 'proof', created],
  ] as const) {
    const artifactType = `application/vnd.aa-registry.${type}.v1`;
    const annotations = { 'org.opencontainers.image.created': time };
    expect(JSON.parse(referrer.text)).toMatchObject({
      artifactType,
      subject,
      layers: [{ digest: digestOf(text), size: Buffer.byteLength(text) }],
      annotations,
    });
    expect(referrerOf(referrer)).toEqual({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: digestOf(referrer.text),
      size: Buffer.byteLength(referrer.text),
      artifactType,
      annotations,
    });
  }
});
