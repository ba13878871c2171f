import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { trustPath } from '../sdk/trust-file.ts';
import {
  type Bundle,
  encodeBase64,
  endorse,
  generateKeyPair,
  type KeyPair,
  sha256,
  signStatement,
} from '../trust/index.ts';
import {
  cosign,
  cosignerOf,
  generateNoteKey,
  parseCheckpoint,
  parseNote,
  signCheckpoint,
} from '../trust/log/index.ts';
import { createLog } from '../worker/log/log.ts';
import { command } from './command.ts';
import { type Mirror, startMirror } from './oci-mirror.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
} from './publisher.ts';
import { runtimes, type TestRegistry } from './runtimes.ts';

type Offer = Bundle['offers'][number];

const base64 = (text: string) => encodeBase64(new TextEncoder().encode(text));

/** A change of the only offer of a bundle. */
const ofOffer = (change: (offer: Offer) => Partial<Offer>) => (bundle: Bundle) => ({
  ...bundle,
  offers: bundle.offers.map((offer) => ({ ...offer, ...change(offer) })),
});

// As test/attacks.test.ts, by a mirror: it changes artifacts, and makes their digests and lists fit.
describe.each(runtimes)('attacks by a mirror of a registry on $name', ({ start }) => {
  let registry: TestRegistry;
  let mirror: Mirror;
  let team: Publisher;
  let folder: string;
  let trust: string;
  let host: string;
  let hosts = 0;
  let name: string;
  let path: string;

  const text = (detail: string) => profileText(name, `/${detail}`);

  beforeAll(async () => {
    registry = await start();
    team = await createPublisher(registry, 'library');
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    const args = ['trust', 'init', 'library', '--root', folder, '--registry', registry.url];
    expect(await command([...args, '--yes'])).toMatchObject({ code: 0 });
    trust = await readFile(trustPath(folder), 'utf8');
  });
  afterAll(async () => {
    await registry.close();
    await rm(folder, { recursive: true });
  });

  // Each test has its own profile with two versions, a mirror of both, and a host that has installed the first.
  beforeEach(async () => {
    name = `profile-${++hosts}`;
    path = `library/${name}`;
    mirror = await startMirror();
    await expectStatus(
      201,
      publish(registry, team, { name, version: '1.0.0', text: text('1.0.0') }),
    );
    await mirror.copy({ registry, path, tag: '1.0.0' });
    host = join(folder, `host-${hosts}`);
    await mkdir(join(host, 'etc/aa-registry'), { recursive: true });
    await writeFile(trustPath(host), trust);
    await expectPulled('1.0.0');
    await release('2.0.0');
  });
  afterEach(() => mirror.close());

  /** Publishes a version and copies it to the mirror. */
  async function release(version: string, publisher = team): Promise<void> {
    const draft = { name, version, text: text(version) };
    await expectStatus(201, publish(registry, publisher, draft));
    await mirror.copy({ registry, path, tag: version });
    await mirror.copy({ registry, path, tag: version, as: 'latest' });
  }

  const pull = (tag: string) =>
    command([
      ...['pull', '--from', `oci://${mirror.host}/${path}${tag}`],
      ...['--root', host, '--offline'],
    ]);

  async function expectPulled(version: string): Promise<void> {
    const outcome = await pull(`:${version}`);
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
    const file = join(host, 'etc/apparmor.d', `aa-registry.library.${name}`);
    expect(await readFile(file, 'utf8')).toBe(text(version));
  }

  /** The contents of the host's files, except stored revocations, which persist. */
  async function snapshot(): Promise<Record<string, string>> {
    const files: Record<string, string> = {};
    for (const entry of await readdir(host, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.startsWith('revoked.')) continue;
      const file = join(entry.parentPath, entry.name);
      files[file] = await readFile(file, 'utf8');
    }
    return files;
  }

  /** Expects that the pull is refused for this reason and the host's files are unchanged. */
  async function expectRefused(id: string | RegExp, tag = ':2.0.0', code = 3): Promise<void> {
    const before = await snapshot();
    const outcome = await pull(tag);
    expect(outcome.output).toMatch(typeof id === 'string' ? `[${id}]` : id);
    expect(outcome.code).toBe(code);
    expect(await snapshot()).toEqual(before);
  }

  const repository = (of = path) => {
    const found = mirror.repositories.get(of);
    if (!found) throw new Error(`the mirror has no ${of}`);
    return found;
  };
  const rebundle = (change: (bundle: Bundle) => Bundle, tag = '2.0.0') =>
    mirror.rebundle(path, tag, change);

  /** The newest bundle of a tag. */
  function bundleOf(tag: string): Bundle {
    let found: Bundle | undefined;
    mirror.rebundle(path, tag, (bundle) => {
      found = bundle;
      return bundle;
    });
    return found as Bundle;
  }
  const offerOf = (tag: string) => bundleOf(tag).offers[0] as Offer;

  /** Replaces the version by another text that this key signed. */
  async function replaceVersion(source: string, signer: KeyPair): Promise<void> {
    const digest = await sha256(new TextEncoder().encode(source));
    const subject = { team: 'library', name, version: '2.0.0', digest, manifest };
    const envelope = await signStatement(subject, [signer]);
    mirror.replaceText(path, '2.0.0', source);
    rebundle(ofOffer(() => ({ profile: base64(source), envelope })));
  }

  async function editTrust(edit: (toml: string) => string): Promise<void> {
    await writeFile(trustPath(host), edit(await readFile(trustPath(host), 'utf8')));
  }

  test('without an attack, the host installs the newest version', async () => {
    await expectPulled('2.0.0');
  });

  test('other bytes', async () => {
    mirror.replaceText(path, '2.0.0', text('evil'));
    await expectRefused('reference-digest');
    rebundle(ofOffer(() => ({ profile: base64(text('evil')) })));
    await expectRefused('digest-mismatch');
  });

  test('content that does not have its digest', async () => {
    const { manifests, blobs, tags, referrers } = repository();
    for (const [digest, content] of blobs) {
      if (content.includes('aa-registry-bundle/v1')) blobs.set(digest, `${content} `);
    }
    await expectRefused('digest-mismatch');
    const artifact = tags.get('2.0.0') ?? '';
    const [referrer] = referrers.get(artifact) ?? [];
    for (const digest of [artifact, referrer?.digest ?? '']) {
      manifests.set(digest, `${manifests.get(digest)} `);
    }
    await expectRefused('digest-mismatch', `@${artifact}`);
  });

  test.each<[what: string, change: (offer: Offer) => Partial<Offer>, id: string]>([
    [
      "another version's envelope",
      () => ({ envelope: offerOf('1.0.0').envelope }),
      'statement-other-version',
    ],
    ["another leaf's proof", () => ({ proof: offerOf('1.0.0').proof }), 'entry-other'],
    [
      'a forged entry',
      ({ proof }) => ({ proof: { ...proof, entry: proof.entry.replace('2.0.0', '2.0.1') } }),
      'entry-not-in-log',
    ],
    [
      'a proof cut short',
      ({ proof }) => ({ proof: { ...proof, inclusion: proof.inclusion.slice(1) } }),
      'entry-not-in-log',
    ],
    [
      'hashes that are not base64',
      ({ proof }) => ({ proof: { ...proof, inclusion: proof.inclusion.map(() => '?') } }),
      'proof-malformed',
    ],
  ])('a bundle with %s', async (_, change, id) => {
    // Under the same checkpoint.
    await mirror.copy({ registry, path, tag: '1.0.0' });
    rebundle(ofOffer(change));
    await expectRefused(id);
  });

  test('a version replaced by the publisher after it was published', async () => {
    await replaceVersion(text('replaced'), team.key);
    await expectRefused('entry-other');
  });

  test('a version signed by a key that the team never registered', async () => {
    await replaceVersion(text('stranger'), await generateKeyPair());
    await expectRefused('envelope-untrusted-key');
  });

  test('a key that the mirror adds to the team', async () => {
    const stranger = await generateKeyPair();
    const envelope = await endorse('library', stranger.publicKey, stranger);
    await replaceVersion(text('slipped'), stranger);
    rebundle(
      ofOffer(({ keys, proof }) => ({
        keys: [
          ...keys,
          {
            publicKey: stranger.publicKey.text,
            revoked: false,
            endorsement: { envelope, proof },
          },
        ],
      })),
    );
    await expectRefused('envelope-untrusted-key');
  });

  test('the older version as the newest, or under the tag of another', async () => {
    await expectPulled('2.0.0');
    const { tags } = repository();
    const older = tags.get('1.0.0') ?? '';
    await mirror.copy({ registry, path, tag: '1.0.0', as: 'latest' });
    await expectRefused('version-older', ':latest');
    await expectRefused('version-older', '');
    tags.set('2.0.0', older);
    await expectRefused('statement-other-version');
    await mirror.copy({ registry, path, tag: '1.0.0' });
    await expectPulled('1.0.0');
  });

  test('another profile of the team under this name', async () => {
    const other = `library/${name}-other`;
    const draft = { name: `${name}-other`, version: '2.0.0' };
    await expectStatus(201, publish(registry, team, draft));
    await mirror.copy({ registry, path: other, tag: '2.0.0', to: path });
    await expectRefused('statement-other-profile');
  });

  test('the bundle of another version for an artifact that is pinned by its digest', async () => {
    const { tags, referrers } = repository();
    const [first = '', second = ''] = ['1.0.0', '2.0.0'].map((tag) => tags.get(tag));
    // A referrer of another artifact does not count.
    referrers.set(second, referrers.get(first) ?? []);
    await expectRefused('evidence-missing', `@${second}`);
    await mirror.copy({ registry, path, tag: '2.0.0' });
    const other = bundleOf('1.0.0');
    rebundle(() => other);
    await expectRefused('reference-digest', `@${second}`);
  });

  test('what proves a version is withheld, or the version', async () => {
    const { referrers, tags } = repository();
    const all = referrers.get(tags.get('2.0.0') ?? '') ?? [];
    const rest = all.filter(({ artifactType }) => !artifactType?.includes('bundle'));
    expect(rest).toHaveLength(2);
    referrers.set(tags.get('2.0.0') ?? '', rest);
    await expectRefused('evidence-missing');
    tags.delete('2.0.0');
    await expectRefused(/has no 2\.0\.0/, ':2.0.0', 1);
  });

  test('a bundle or a manifest that is malformed', async () => {
    // More keys than a team may have, each of which would be checked.
    rebundle(ofOffer(({ keys: [key] }) => ({ keys: Array(257).fill(key) })));
    await expectRefused('mirror-malformed');
    rebundle(() => ({ format: 'other' }) as never);
    await expectRefused('mirror-malformed');
    const { manifests, tags } = repository();
    manifests.set(tags.get('2.0.0') ?? '', '[]');
    await expectRefused('mirror-malformed');
  });

  test('a frozen log', async () => {
    await editTrust((toml) => toml.replace(/maximum_age_hours = .*/, 'maximum_age_hours = 0.0003'));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await expectRefused('checkpoint-stale');
  });

  test('the log rolled back', async () => {
    const { referrers, tags } = repository();
    const before = referrers.get(tags.get('2.0.0') ?? '') ?? [];
    await release('3.0.0');
    await expectPulled('3.0.0');
    referrers.set(tags.get('2.0.0') ?? '', before);
    await expectRefused('log-rolled-back');
    await mirror.copy({ registry, path, tag: '2.0.0' });
    await expectPulled('2.0.0');
  });

  test('no proof that the log extends what the host has seen', async () => {
    rebundle((bundle) => ({ ...bundle, consistency: {} }));
    await expectRefused('log-inconsistent');
    rebundle(({ ...bundle }) => ({
      ...bundle,
      consistency: Object.fromEntries(Array.from({ length: 999 }, (_, at) => [at, []])),
    }));
    await expectRefused('log-inconsistent');
  });

  test('another log, and one from the future or another history by who has its key', async () => {
    const { size = 0 } = parseCheckpoint(parseNote(bundleOf('2.0.0').checkpoint)?.text ?? '') ?? {};
    const signed = async (
      key: typeof registry.logKey,
      root: Uint8Array<ArrayBuffer>,
      time = new Date(),
    ) => {
      const checkpoint = { origin: registry.logKey.name, size, root };
      return cosign(await signCheckpoint(checkpoint, key), await cosignerOf(key), time);
    };
    const { logKey } = registry;
    const forged = await signed(await generateNoteKey(logKey.name), new Uint8Array(32));
    rebundle((bundle) => ({ ...bundle, checkpoint: forged }));
    await expectRefused('note-unknown-signers');
    const now = () => new Date(Date.now() + 3_600_000);
    const late = await createLog({ db: registry.db, key: logKey, now }).checkpoint();
    rebundle((bundle) => ({ ...bundle, checkpoint: late.note }));
    await expectRefused('checkpoint-future');
    const rewritten = await signed(logKey, new Uint8Array(32).fill(1));
    rebundle((bundle) => ({ ...bundle, checkpoint: rewritten }));
    await expectRefused('log-inconsistent');
    await mirror.copy({ registry, path, tag: '2.0.0' });
    await expectPulled('2.0.0');
    rebundle((bundle) => ({ ...bundle, checkpoint: rewritten }));
    await expectRefused('log-forked');
  });

  test.each([
    ['a size with a sign', (note: string) => note.replace(/\n(\d+)\n/, '\n+$1\n')],
    ['another size', (note: string) => note.replace(/\n(\d+)\n/, '\n1$1\n')],
    ['a root without its padding', (note: string) => note.replace('=\n', '\n')],
    ['no signature', (note: string) => note.slice(0, note.indexOf('\n\n') + 2)],
    ['nothing', () => ''],
  ])('a checkpoint with %s', async (_, change) => {
    rebundle((bundle) => ({ ...bundle, checkpoint: change(bundle.checkpoint) }));
    await expectRefused(/\[(note|checkpoint)-[a-z-]+\]/);
  });

  test('a variant swapped for another of the version', async () => {
    const variants = { ...manifest, variants: ['3.0', '4.0'] };
    const others = [text('4.0').replace('abi/3.0', 'abi/4.0')];
    const draft = { name, version: '3.0.0', text: text('3.0'), others, manifest: variants };
    await expectStatus(201, publish(registry, team, draft));
    await mirror.copy({ registry, path, tag: '3.0.0' });
    rebundle(
      ofOffer(({ variants: all = [] }) => ({ profile: all[0] ?? '', variants: [] })),
      '3.0.0',
    );
    const before = await snapshot();
    const from = `oci://${mirror.host}/${path}:3.0.0`;
    const args = ['pull', '--from', from, '--root', host, '--offline', '--target', '3.0'];
    const outcome = await command(args);
    expect(outcome.output).toContain('[variant-other]');
    expect(await snapshot()).toEqual(before);
  });

  test('a revocation that the mirror hides from a host that knows it', async () => {
    const other = await createPublisher(registry, `team-${name}`);
    path = `${other.team}/${name}`;
    for (const version of ['1.0.0', '2.0.0']) {
      await expectStatus(201, publish(registry, other, { name, version }));
      await mirror.copy({ registry, path, tag: version });
    }
    const trusting = ['trust', 'init', other.team, '--root', host, '--yes'];
    expect(await command(trusting)).toMatchObject({ code: 0 });
    const before = [...repository().referrers];
    const { keyId } = other.key.publicKey;
    const revocation = `/v1/teams/${other.team}/keys/${keyId}/revocation`;
    await expectStatus(200, send(registry, 'POST', revocation, { reason: 'lost' }, other.token));
    // Another version makes a newer checkpoint, which includes the revocation.
    await expectStatus(201, publish(registry, team, { name: `${name}-last`, version: '1.0.0' }));
    await mirror.copy({ registry, path: `library/${name}-last`, tag: '1.0.0' });
    await mirror.copy({ registry, path, tag: '2.0.0' });
    await expectRefused('key-revoked');
    for (const [digest, list] of before) repository().referrers.set(digest, list);
    await expectRefused('key-revoked');
    await expectRefused('key-revoked', ':1.0.0');
  });

  test('one signature where two are required, and witnesses that have not cosigned', async () => {
    const second = await generateKeyPair();
    await editTrust((toml) =>
      toml
        .replace(/keys = \[ ?"(.*?)" ?\]/, `keys = ["$1", "${second.publicKey.text}"]`)
        .replace('threshold = 1', 'threshold = 2'),
    );
    await expectRefused('envelope-threshold');
    const witness = await generateNoteKey('witness.example', 'cosignature');
    await editTrust((toml) =>
      toml
        .replace(/witnesses = \[.*\]/, `witnesses = ["${witness.verifier}"]`)
        .replace('witness_threshold = 0', 'witness_threshold = 1'),
    );
    await expectRefused('checkpoint-witnesses');
  });

  test('a package that is needed withheld, or changed', async () => {
    const base = { ...manifest, images: [], kind: 'abstraction' as const };
    const needed = `library/${name}-base`;
    const rules = `abi <abi/3.0>,\n\n/srv/${name}/base/** r,\n`;
    const source = text('3').replace(
      '\n}\n',
      `\n  include <abstractions/aa-registry/${needed}>\n}\n`,
    );
    const needing = { ...manifest, dependencies: { [needed]: '^1' } };
    for (const draft of [
      { name: `${name}-base`, version: '1.0.0', text: rules, manifest: base },
      { name, version: '3.0.0', text: source, manifest: needing },
    ]) {
      await expectStatus(201, publish(registry, team, draft));
    }
    await mirror.copy({ registry, path, tag: '3.0.0' });
    await mirror.copy({ registry, path: needed, tag: '1.0.0' });
    const before = await snapshot();
    const { referrers, tags } = repository(needed);
    const all = [...referrers];
    referrers.clear();
    const withheld = await pull(':3.0.0');
    expect(withheld.output).toContain('[evidence-missing]');
    for (const [digest, list] of all) referrers.set(digest, list);
    mirror.replaceText(needed, '1.0.0', rules.replace('base', '**'));
    const change = ofOffer(() => ({ profile: base64(rules.replace('base', '**')) }));
    mirror.rebundle(needed, '1.0.0', change);
    const changed = await pull(':3.0.0');
    expect(changed.output).toContain('[digest-mismatch]');
    tags.clear();
    expect((await pull(':3.0.0')).output).toContain('dependency');
    const policy = (files: Record<string, string>) =>
      Object.entries(files).filter(([file]) => file.includes('/etc/apparmor.d/'));
    expect(policy(await snapshot())).toEqual(policy(before));
  });
});
