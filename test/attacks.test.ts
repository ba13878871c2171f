import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lint, packageOptions } from '../policy/index.ts';
import { trustPath } from '../sdk/trust-file.ts';
import {
  endorse,
  generateKeyPair,
  type KeyPair,
  type Manifest,
  sha256,
  sign,
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
import { startTamperingProxy, type TamperingProxy } from './tampering-proxy.ts';

/** The contents of all files below a folder, except stored revocations, which persist. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if (entry.name.startsWith('revoked.')) continue;
    files[path] = await readFile(path, 'utf8');
  }
  return files;
}

// The title names what the attacker controls. The host trusts only the log's key and the team's first key.
describe.each(runtimes)('attacks on hosts of a registry on $name', ({ start }) => {
  let registry: TestRegistry;
  let proxy: TamperingProxy;
  let team: Publisher;
  let folder: string;
  let host: string;
  let hosts = 0;
  let names = 0;
  let name: string;

  beforeAll(async () => {
    registry = await start();
    proxy = await startTamperingProxy(registry.url);
    team = await createPublisher(registry, 'library');
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  });
  afterAll(async () => {
    await proxy.close();
    await registry.close();
    await rm(folder, { recursive: true });
  });

  // Each test has its own profile with two versions, and a host that has installed the first.
  beforeEach(async () => {
    proxy.tamper = (_, body) => body;
    proxy.withhold = () => false;
    name = `profile-${++names}`;
    await expectStatus(201, publish(registry, team, { name, version: '1.0.0' }));
    host = await newHost();
    await expectPulled(`${name}@1.0.0`);
    await expectStatus(201, publish(registry, team, { name, version: '2.0.0', text: text('2') }));
  });

  const text = (detail: string) => profileText(name, `/${detail}`);
  const bytes = (source: string) => new TextEncoder().encode(source);

  async function newHost(): Promise<string> {
    const root = join(folder, `host-${++hosts}`);
    await mkdir(root, { recursive: true });
    const trusted = await command([
      'trust',
      'init',
      'library',
      '--root',
      root,
      '--registry',
      proxy.url,
      '--yes',
    ]);
    expect(trusted, trusted.output).toMatchObject({ code: 0 });
    return root;
  }

  const pull = (reference: string, root = host) => command(['pull', reference, '--root', root]);

  async function expectPulled(reference: string): Promise<void> {
    const outcome = await pull(reference);
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
  }

  /** Expects that the pull is refused for this reason and the host's files are unchanged. */
  async function expectRefused(id: string, reference = name): Promise<void> {
    const before = await snapshot(host);
    const outcome = await pull(reference);
    expect(outcome.output).toContain(`[${id}]`);
    expect(outcome.code).toBe(3);
    expect(await snapshot(host)).toEqual(before);
  }

  const sql = (statement: string, ...args: string[]) =>
    registry.db.$client.execute({ sql: statement, args });

  /** Changes a field of a version of this test's profile directly in the database. */
  const setVersion = (field: string, value: string, version = '2.0.0') =>
    sql(
      `UPDATE versions SET ${field} = ? WHERE version = ?
       AND profile_id = (SELECT id FROM profiles WHERE name = ?)`,
      value,
      version,
      name,
    );

  /** Replaces the text and envelope of a version in the database. */
  async function replaceVersion(source: string, signer: KeyPair): Promise<void> {
    const digest = await sha256(bytes(source));
    const subject = { team: 'library', name, version: '2.0.0', digest, manifest };
    const envelope = await signStatement(subject, [signer]);
    await sql('INSERT INTO contents (digest, text) VALUES (?, ?)', digest, source);
    await setVersion('digest', digest);
    await setVersion('envelope', JSON.stringify(envelope));
  }

  async function editTrust(edit: (toml: string) => string): Promise<void> {
    await writeFile(trustPath(host), edit(await readFile(trustPath(host), 'utf8')));
  }

  test('without an attacker, the host installs the newest version', async () => {
    await expectPulled(name);
    const file = join(host, 'etc/apparmor.d', `aa-registry.library.${name}`);
    expect(await readFile(file, 'utf8')).toBe(text('2'));
  });

  test('the network: bytes changed', async () => {
    proxy.tamper = (path, body) => (path.endsWith('/profile') ? `${body}# and more\n` : body);
    await expectRefused('digest-mismatch');
  });

  test('the database: bytes changed', async () => {
    const digest = await sha256(bytes(text('2')));
    await sql('UPDATE contents SET text = ? WHERE digest = ?', text('evil'), digest);
    await expectRefused('digest-mismatch');
  });

  test("the database: an envelope swapped for another version's", async () => {
    const { rows } = await sql(
      `SELECT envelope FROM versions WHERE version = '1.0.0'
       AND profile_id = (SELECT id FROM profiles WHERE name = ?)`,
      name,
    );
    await setVersion('envelope', String(rows[0]?.envelope));
    await expectRefused('statement-other-version');
  });

  test('the database and the publisher: a version replaced after it was published', async () => {
    await replaceVersion(text('replaced'), team.key);
    await expectRefused('entry-other');
  });

  test('the database: a version signed by a key that the team never registered', async () => {
    await replaceVersion(text('stranger'), await generateKeyPair());
    await expectRefused('envelope-untrusted-key');
  });

  test('the database: a key inserted into the team, and a version signed by it', async () => {
    const stranger = await generateKeyPair();
    const { keyId, text: publicKey } = stranger.publicKey;
    const endorsement = JSON.stringify(await endorse('library', stranger.publicKey, stranger));
    await sql(
      `INSERT INTO keys (team, key_id, public_key, label, endorsement, created_at, log_index)
       VALUES ('library', ?, ?, 'x', ?, '2026-01-01T00:00:00.000Z', 0)`,
      keyId,
      publicKey,
      endorsement,
    );
    await replaceVersion(text('slipped'), stranger);
    await expectRefused('envelope-untrusted-key');
    await sql('DELETE FROM keys WHERE key_id = ?', keyId);
  });

  test('the registry: the older version served as the newest', async () => {
    await expectPulled(name);
    offerInstead('1.0.0');
    await expectRefused('version-older');
    await expectPulled(`${name}@1.0.0`);
  });

  test('the registry: a version outside the requested range', async () => {
    offerInstead('2.0.0');
    await expectRefused('reference-range', `${name}@^1`);
    await expectPulled(`${name}@^2`);
  });

  test('the registry: what proves the version that it offers is withheld', async () => {
    for (const end of ['/proof', '/envelope', '/profile']) {
      proxy.withhold = (path) => new URL(path, proxy.url).pathname.endsWith(end);
      await expectRefused('evidence-missing');
    }
    proxy.withhold = () => false;
    await expectPulled(name);
  });

  /** Makes the registry resolve every reference to this version. */
  function offerInstead(version: string): void {
    proxy.tamper = (path, body) =>
      path.startsWith('/v1/resolve')
        ? body.toString().replace(/"version":"[^"]*"/, `"version":"${version}"`)
        : body;
  }

  test('the registry: another profile of the team under this name', async () => {
    const other = `${name}-other`;
    await expectStatus(201, publish(registry, team, { name: other, version: '2.0.0' }));
    proxy.tamper = async (path, body) => {
      if (!path.includes('/versions/2.0.0/')) return body;
      const response = await fetch(new URL(path.replace(name, other), registry.url));
      return Buffer.from(await response.arrayBuffer());
    };
    await expectRefused('statement-other-profile');
  });

  test('the network: a frozen log', async () => {
    const old = await (await registry.fetch('/log/checkpoint')).text();
    await editTrust((toml) => toml.replace(/maximum_age_hours = .*/, 'maximum_age_hours = 0.0003'));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    proxy.tamper = (path, body) => {
      if (!path.includes('/versions/2.0.0/proof')) return body;
      return JSON.stringify({ ...JSON.parse(body.toString()), checkpoint: old });
    };
    await expectRefused('checkpoint-stale');
  });

  test('the log key: a checkpoint from the future', async () => {
    const late = createLog({
      db: registry.db,
      key: registry.logKey,
      now: () => new Date(Date.now() + 3_600_000),
    });
    const { note } = await late.checkpoint();
    proxy.tamper = (path, body) => {
      if (!path.includes('/proof')) return body;
      return JSON.stringify({ ...JSON.parse(body.toString()), checkpoint: note });
    };
    await expectRefused('checkpoint-future');
  });

  test('the network: another log', async () => {
    const key = await generateNoteKey(registry.logKey.name);
    proxy.tamper = async (path, body) => {
      if (!path.includes('/proof')) return body;
      const proof = JSON.parse(body.toString());
      const checkpoint = parseCheckpoint(parseNote(proof.checkpoint)?.text ?? '');
      if (!checkpoint) throw new Error('the registry sent no checkpoint');
      const signed = await signCheckpoint(checkpoint, key);
      const forged = await cosign(signed, await cosignerOf(key), new Date());
      return JSON.stringify({ ...proof, checkpoint: forged });
    };
    await expectRefused('note-unknown-signers');
  });

  test('the publisher: a package that defines the profile of another', async () => {
    await expectStatus(201, publish(registry, team, { name: 'victim', version: '1.0.0' }));
    await expectPulled('victim');
    const both = { ...manifest, profiles: [name, 'victim'] };
    const source = `${text('3')}\nprofile victim {\n  /usr/bin/victim ix,\n}\n`;
    const third = { name, version: '3.0.0', text: source, manifest: both };
    await expectStatus(201, publish(registry, team, third));
    await expectRefused('name-not-allowed');
    // What the operator allows the team still never replaces what another file defines.
    await editTrust((toml) => `${toml}\nnames = ["*"]\n`);
    const policy = () => snapshot(join(host, 'etc/apparmor.d'));
    const before = await policy();
    const outcome = await pull(name);
    expect(outcome.output).toContain('aa-registry.library.victim');
    expect(outcome.output).toContain('[profile-defined-elsewhere]');
    expect(await policy()).toEqual(before);
  });

  test.each<[what: string, more: Partial<Manifest>, head: string, id: string]>([
    ['a profile that the manifest does not list', {}, 'profile sshd', 'package-name'],
    [
      'a profile named by a path',
      { profiles: ['/usr/sbin/sshd'] },
      '/usr/sbin/sshd',
      'container-attachment',
    ],
    [
      'an attachment in a package for containers',
      { profiles: ['x'] },
      'profile x /usr/sbin/sshd',
      'container-attachment',
    ],
    ['a reserved name', { profiles: ['unconfined'] }, 'profile unconfined', 'reserved-name'],
  ])('the publisher: %s', async (_, more, head, id) => {
    const source = `abi <abi/3.0>,\n\n${head} {\n  /usr/bin/x ix,\n}\n`;
    const third = { name, version: '3.0.0', text: source, manifest: { ...manifest, ...more } };
    const refused = await publish(registry, team, third);
    expect(refused.status).toBe(422);
    const { diagnostics } = (await refused.json()) as { diagnostics: { id: string }[] };
    expect(diagnostics.map((one) => one.id)).toContain(id);
    // A host lints what it is given itself.
    expect(
      lint(source, packageOptions({ team: 'library', name, manifest: third.manifest })).ok,
    ).toBe(false);
  });

  describe('on the packages that a profile needs', () => {
    const abstraction: Manifest = { ...manifest, images: [], kind: 'abstraction' };
    const rules = (detail: string) => `abi <abi/3.0>,\n\n/srv/${name}/${detail}/** r,\n`;
    const including = () =>
      text('3').replace(
        '\n}\n',
        `\n  include <abstractions/aa-registry/library/${name}-base>\n}\n`,
      );
    const needing = (range: string): Manifest => ({
      ...manifest,
      dependencies: { [`library/${name}-base`]: range },
    });
    const give = (draft: { name: string; version: string; text: string; manifest: Manifest }) =>
      expectStatus(201, publish(registry, team, draft));

    /** Expects that nothing is installed; what was seen of the log may be stored before. */
    async function expectNeedRefused(cause: string, reference = name): Promise<void> {
      const before = await snapshot(join(host, 'etc'));
      const outcome = await pull(reference);
      expect(outcome.output).toContain(`[${cause}]`);
      expect(outcome.code).toBe(3);
      expect(await snapshot(join(host, 'etc'))).toEqual(before);
    }

    /** The profile's version 3.0.0 needs an abstraction, of which there are two versions. */
    beforeEach(async () => {
      const base = `${name}-base`;
      for (const version of ['1.0.0', '1.1.0'])
        await give({ name: base, version, text: rules(version), manifest: abstraction });
      await give({ name, version: '3.0.0', text: including(), manifest: needing('^1') });
    });

    test('the registry or the network: other rules in the abstraction', async () => {
      proxy.tamper = (path, body) =>
        path.includes('-base/versions/1.1.0/profile') ? rules('**') : body;
      await expectNeedRefused('digest-mismatch');
    });

    test('the registry: an abstraction that is not in the log', async () => {
      proxy.tamper = (path, body) =>
        path.includes('-base/versions/1.1.0/proof')
          ? JSON.stringify({ ...JSON.parse(`${body}`), index: 0 })
          : body;
      await expectNeedRefused('entry-not-in-log');
    });

    test('the registry: an abstraction rolled back', async () => {
      await expectPulled(name);
      // It hides the newer version, and a package needs exactly the older one.
      const other = `${name}-other`;
      await give({
        ...{ name: other, version: '1.0.0', manifest: needing('1.0.0') },
        text: including().replace(`profile ${name} `, `profile ${other} `),
      });
      await expectNeedRefused('version-older', other);
      proxy.tamper = (path, body) =>
        path.startsWith(`/v1/profiles/library/${name}-base/versions?`)
          ? `${body}`.replaceAll('1.1.0', '1.0.0')
          : body;
      const list = join(host, 'etc/aa-registry/profiles.toml');
      await writeFile(list, `profiles = ["${name}"]\n`);
      const synced = await command(['sync', '--root', host]);
      expect(synced.output).toContain('Nothing to do');
      const file = join(host, 'etc/apparmor.d/abstractions/aa-registry/library', `${name}-base`);
      expect(await readFile(file, 'utf8')).toBe(rules('1.1.0'));
    });

    test('the publisher: dependencies that earlier releases would not see', async () => {
      const subject = {
        ...{ team: 'library', name, version: '4.0.0' },
        ...{ digest: await sha256(bytes(including())), manifest: needing('^1') },
      };
      const envelope = await signStatement(subject, [team.key]);
      const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
      const forged = { ...statement, predicateType: 'urn:aa-registry:profile:v1' };
      const signed = await sign('application/vnd.in-toto+json', bytes(JSON.stringify(forged)), [
        team.key,
      ]);
      const draft = { name, version: '4.0.0', text: including(), envelope: signed };
      const refused = await publish(registry, team, draft);
      expect(refused.status).toBe(422);
      expect(await refused.text()).toContain('statement-malformed');
      proxy.tamper = (path, body) =>
        path.includes('/versions/3.0.0/envelope') ? JSON.stringify(signed) : body;
      await expectRefused('statement-malformed');
    });
  });

  test('the registry or the network: a variant swapped for another of the version', async () => {
    const variants = { ...manifest, variants: ['3.0', '4.0', '4.1'] };
    const others = [text('4.0').replace('abi/3.0', 'abi/4.0'), text('4.1')];
    const third = { name, version: '3.0.0', text: text('3.0'), others, manifest: variants };
    await expectStatus(201, publish(registry, team, third));
    const serve = (release: string) => {
      proxy.tamper = async (path, body) => {
        if (!path.includes('/versions/3.0.0/profile')) return body;
        const own = path.replace(/\?.*/, `?release=${release}`);
        const response = await fetch(new URL(own, registry.url));
        return Buffer.from(await response.arrayBuffer());
      };
    };
    const before = await snapshot(host);
    for (const [wanted, served] of [
      ['4.0', '3.0'],
      ['4.0', '4.1'],
      ['4.1', '3.0'],
    ] as const) {
      serve(served);
      const outcome = await command(['pull', name, '--root', host, '--target', wanted]);
      expect(outcome.output, `${served} for ${wanted}`).toContain('[variant-other]');
      expect(outcome.code).toBe(3);
      expect(await snapshot(host)).toEqual(before);
    }
    proxy.tamper = (_, body) => body;
    const outcome = await command(['pull', name, '--root', host, '--target', '4.0']);
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
    const file = join(host, 'etc/apparmor.d', `aa-registry.library.${name}`);
    expect(await readFile(file, 'utf8')).toBe(others[0]);
  });

  test('the registry: a version that is not in the log', async () => {
    await setVersion('log_index', '0');
    await expectRefused('entry-other');
  });

  test("the network: another leaf's proof", async () => {
    proxy.tamper = async (path, body) => {
      if (!path.includes('/versions/2.0.0/proof')) return body;
      const response = await fetch(new URL(path.replace('2.0.0', '1.0.0'), registry.url));
      return Buffer.from(await response.arrayBuffer());
    };
    await expectRefused('entry-other');
  });

  test('the network: a forged entry with a valid proof', async () => {
    proxy.tamper = (path, body) =>
      path.includes('/versions/2.0.0/proof') ? body.toString().replace('2.0.0', '2.0.1') : body;
    await expectRefused('entry-not-in-log');
  });

  test.each([
    ['a size with a sign', (note: string) => note.replace(/\n(\d+)\n/, '\n+$1\n')],
    ['a size with a zero before it', (note: string) => note.replace(/\n(\d+)\n/, '\n0$1\n')],
    [
      'a size beyond counting',
      (note: string) => note.replace(/\n(\d+)\n/, '\n99999999999999999999\n'),
    ],
    ['another size', (note: string) => note.replace(/\n(\d+)\n/, '\n1$1\n')],
    ['a root without its padding', (note: string) => note.replace('=\n', '\n')],
    ['a carriage return', (note: string) => note.replace('\n', '\r\n')],
    ['no signature', (note: string) => note.slice(0, note.indexOf('\n\n') + 2)],
    ['nothing', () => ''],
  ])('the network: a checkpoint with %s', async (_, change) => {
    proxy.tamper = (path, body) => {
      if (!path.includes('/versions/2.0.0/proof')) return body;
      const proof = JSON.parse(body.toString());
      return JSON.stringify({ ...proof, checkpoint: change(proof.checkpoint) });
    };
    const before = await snapshot(host);
    const outcome = await pull(name);
    expect(outcome.output).toMatch(/\[(note|checkpoint)-[a-z-]+\]/);
    expect(outcome.code).toBe(3);
    expect(await snapshot(host)).toEqual(before);
  });

  test.each([
    ['without padding', (hash: string) => hash.replace(/=+$/, '')],
    [
      'with other spare bits',
      (hash: string) => hash.replace(/.=$/, (end) => (end === 'A=' ? 'B=' : 'B=')),
    ],
    ['cut short', (hash: string) => btoa(atob(hash).slice(1))],
    ['turned around', (hash: string) => btoa([...atob(hash)].reverse().join(''))],
  ])('the network: a proof with a hash %s', async (_, change) => {
    proxy.tamper = (path, body) => {
      if (!path.includes('/versions/2.0.0/proof')) return body;
      const proof = JSON.parse(body.toString());
      return JSON.stringify({ ...proof, inclusion: proof.inclusion.map(change) });
    };
    const before = await snapshot(host);
    const outcome = await pull(name);
    // Text that is not base64 is refused by the client's schema.
    expect(outcome.output).toMatch(/\[(proof-malformed|entry-not-in-log)\]|is not an aa-registry/);
    expect([3, 4]).toContain(outcome.code);
    expect(await snapshot(host)).toEqual(before);
  });

  test('a thief of the API token, without the signing key', async () => {
    const thief = await generateKeyPair();
    const draft = { name, version: '3.0.0', text: text('stolen') };
    const stolen = { ...team, key: thief };
    expect((await publish(registry, stolen, draft)).status).toBe(422);
    const body = { publicKey: thief.publicKey.text, label: 'mine' };
    const added = await send(registry, 'POST', '/v1/teams/library/keys', body, registry.adminToken);
    expect(added.status).toBe(422);
    await expectPulled(name);
  });

  test('one signature where two are required', async () => {
    const second = await generateKeyPair();
    await editTrust((toml) =>
      toml
        .replace(/keys = \[ ?"(.*?)" ?\]/, `keys = ["$1", "${second.publicKey.text}"]`)
        .replace('threshold = 1', 'threshold = 2'),
    );
    await expectRefused('envelope-threshold');

    const digest = await sha256(bytes(text('both')));
    const subject = { team: 'library', name, version: '3.0.0', digest, manifest };
    const envelope = await signStatement(subject, [team.key, second]);
    const draft = { name, version: '3.0.0', text: text('both'), envelope };
    await expectStatus(201, publish(registry, team, draft));
    await expectPulled(name);
  });

  test('a revoked key', async () => {
    const other = await createPublisher(registry, `team-${names}`);
    const draft = { name, version: '1.0.0' };
    await expectStatus(201, publish(registry, other, draft));
    const reference = `${other.team}/${name}`;
    const trusting = ['trust', 'init', other.team, '--root', host, '--yes'];
    expect(await command(trusting)).toMatchObject({ code: 0 });
    const { keyId } = other.key.publicKey;
    const path = `/v1/teams/${other.team}/keys/${keyId}/revocation`;
    await expectStatus(200, send(registry, 'POST', path, { reason: 'lost' }, other.token));
    await expectRefused('key-revoked', reference);
  });

  test('a new key is accepted only with an endorsement by the old one', async () => {
    const next = await generateKeyPair();
    const body = {
      publicKey: next.publicKey.text,
      label: 'next',
      endorsement: await endorse('library', next.publicKey, team.key),
    };
    const added = send(registry, 'POST', '/v1/teams/library/keys', body, team.token);
    await expectStatus(201, added);
    const draft = { name, version: '3.0.0', text: text('rotated') };
    await expectStatus(201, publish(registry, { ...team, key: next }, draft));
    proxy.tamper = (path, body) => {
      if (path !== '/v1/teams/library') return body;
      const shown = JSON.parse(body.toString());
      for (const key of shown.keys) key.endorsement = null;
      return JSON.stringify(shown);
    };
    await expectRefused('envelope-untrusted-key');
    proxy.tamper = (_, body) => body;
    await expectPulled(name);
  });

  test('one key where two are required, which endorses a second one', async () => {
    const second = await generateKeyPair();
    const third = await generateKeyPair();
    const register = async (key: KeyPair, ...signers: KeyPair[]) => {
      const endorsement = await endorse('library', key.publicKey, ...signers);
      const body = { publicKey: key.publicKey.text, label: 'key', endorsement };
      const added = send(registry, 'POST', '/v1/teams/library/keys', body, team.token);
      await expectStatus(201, added);
    };
    await register(second, team.key);
    await register(third, team.key);
    await editTrust((toml) =>
      toml
        .replace('threshold = 1', 'threshold = 2')
        .replace(
          /keys = \[.*\]/,
          `keys = ["${team.key.publicKey.text}", "${second.publicKey.text}"]`,
        ),
    );
    const signed = async (version: string, ...signers: KeyPair[]) => {
      const source = text(version);
      const digest = await sha256(bytes(source));
      const subject = { team: 'library', name, version, digest, manifest };
      const envelope = await signStatement(subject, signers);
      await expectStatus(201, publish(registry, team, { name, version, text: source, envelope }));
    };
    await signed('3.0.0', team.key, third);
    await expectRefused('envelope-threshold');
    await signed('3.1.0', team.key, second);
    await expectPulled(name);
    // A third key that two trusted keys have endorsed is trusted.
    const fourth = await generateKeyPair();
    await register(fourth, team.key, second);
    await signed('3.2.0', second, fourth);
    await expectPulled(name);
  });

  test('a signed payload that is not a statement', async () => {
    const envelope = await sign('application/vnd.in-toto+json', bytes('{}'), [team.key]);
    await setVersion('envelope', JSON.stringify(envelope));
    await expectRefused('statement-malformed');
  });

  test('witnesses that have not cosigned', async () => {
    const witness = await generateNoteKey('witness.example', 'cosignature');
    await editTrust((toml) =>
      toml
        .replace(/witnesses = \[.*\]/, `witnesses = ["${witness.verifier}"]`)
        .replace('witness_threshold = 0', 'witness_threshold = 1'),
    );
    await expectRefused('checkpoint-witnesses');
  });

  // These rewrite the whole log, so they come last.
  describe('with the log key and the database', () => {
    async function rewrite(entries: number): Promise<void> {
      await registry.db.$client.batch(
        ['DELETE FROM log_entries', 'DELETE FROM log_tiles', 'DELETE FROM log_head'],
        'write',
      );
      const log = createLog({ db: registry.db, key: registry.logKey, now: () => new Date() });
      for (let index = 0; index < entries; index++) {
        const time = '2026-01-01T00:00:00.000Z';
        const entry = {
          kind: 'yank',
          time,
          team: 'library',
          name,
          version: '9.9.9',
          yanked: true,
          reason: `r${index}`,
        } as const;
        await log.append(
          entry,
          () => [],
          async () => false,
        );
      }
    }
    const size = async () =>
      Number((await (await registry.fetch('/log/checkpoint')).text()).split('\n')[1]);

    test('the log rewritten to the same size', async () => {
      await expectPulled(name);
      await rewrite(await size());
      await expectRefused('log-forked');
    });

    test('the log rewritten and grown', async () => {
      await expectPulled(name);
      await rewrite((await size()) + 3);
      await expectRefused('log-inconsistent');
    });

    test('the log cut short', async () => {
      await expectPulled(name);
      await rewrite((await size()) - 2);
      await setVersion('log_index', '0');
      await expectRefused('log-rolled-back');
    });
  });
});
