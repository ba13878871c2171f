import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFileAtomically, writeOutput } from '../../sdk/files.ts';
import { install } from '../../sdk/host/install.ts';
import { dryRunArguments, findParser, runParser } from '../../sdk/host/parser.ts';
import { withoutInterruption } from '../../sdk/host/without-interruption.ts';
import type { VerifiedProfile } from '../../sdk/resolve/index.ts';
import { scratch } from '../cli/cli.ts';
import { manifest, profileText } from '../publisher.ts';

const parser = await findParser();
const features = '/etc/apparmor.d/abi/3.0';

describe('the host', () => {
  let folder: string;
  let clean: () => Promise<void>;
  const at = (...parts: string[]) => join(folder, ...parts);

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
  });
  afterAll(() => clean());

  function verified(bytes: Uint8Array<ArrayBuffer>): VerifiedProfile {
    const checkpoint = { origin: 'test', size: 1, root: new Uint8Array(32) };
    const digest = `sha256:${'0'.repeat(64)}` as const;
    const named = { team: 'acme', name: 'web', version: '1.0.0', digest };
    const evidence = {
      ...named,
      profile: bytes,
      envelope: { payloadType: '', payload: '', signatures: [] },
      proof: { index: 0, entry: '', inclusion: [] },
      log: { checkpoint: '', consistency: [] },
      keys: [],
    };
    const variant = { versionDigest: digest, variant: undefined, kind: undefined };
    return {
      ...named,
      ...variant,
      bytes,
      manifest,
      signers: [],
      checkpoint,
      checkpointTime: 0,
      evidence,
    };
  }

  const installed = (root: string, bytes: Uint8Array<ArrayBuffer>) =>
    install(verified(bytes), { root });

  test('a parser that does not end is killed with its children', async () => {
    // Like apparmor_parser: a child process per profile, which keeps standard error open.
    const program = at('parser');
    await writeFile(program, '#!/bin/sh\nsleep 30 &\necho $! > "$1"\nwait\n');
    await chmod(program, 0o755);
    const run = await runParser(program, [at('pid')], { time: 500 });
    expect(run).toMatchObject({ ok: false, reason: expect.stringContaining('did not end within') });
    const pid = Number(await readFile(at('pid'), 'utf8'));
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
    expect(state).toMatch(/^gone|\) Z /);
  });

  test('a parser with too much output is killed', async () => {
    const program = at('talker');
    await writeFile(program, '#!/bin/sh\nexec yes\n');
    await chmod(program, 0o755);
    const run = await runParser(program, []);
    expect(run).toMatchObject({
      ok: false,
      reason: expect.stringContaining('more than 65536 bytes'),
    });
  });

  test('a parser has its own limits on memory, time and core files', async () => {
    const program = at('limits');
    await writeFile(program, '#!/bin/sh\nulimit -v\nulimit -t\nulimit -c\n');
    await chmod(program, 0o755);
    const run = await runParser(program, [], { memory: 256 << 20, time: 2000 });
    expect(run).toEqual({ ok: true, output: `${256 << 10}\n7\n0\n` });
    expect(await runParser(program, [])).toEqual({ ok: true, output: `${512 << 10}\n65\n0\n` });
  });

  test('bytes that are not UTF-8 are refused before anything is written', async () => {
    const root = at('latin');
    const bytes = Uint8Array.of(...new TextEncoder().encode(profileText('web')), 0xe9);
    expect(await installed(root, bytes)).toMatchObject({ ok: false, id: 'profile-invalid' });
    const marked = new TextEncoder().encode(`\ufeff${profileText('web')}`);
    expect(await installed(root, marked)).toMatchObject({ ok: false, id: 'profile-invalid' });
    const ended = new TextEncoder().encode(`${profileText('web')}\0`);
    expect(await installed(root, ended)).toMatchObject({ ok: false, id: 'profile-invalid' });
    await expect(lstat(root)).rejects.toThrow('ENOENT');
  });

  test('a definition behind a link counts, since boot follows links', async () => {
    const root = at('linked');
    const bytes = new TextEncoder().encode(profileText('web'));
    await mkdir(join(root, 'etc/apparmor.d'), { recursive: true });
    await writeFile(at('elsewhere'), 'profile web { /x r, }\n');
    await symlink(at('elsewhere'), join(root, 'etc/apparmor.d/web'));
    const refused = await installed(root, bytes);
    expect(refused).toMatchObject({ ok: false, id: 'profile-defined-elsewhere' });
    const other = at('own');
    await mkdir(join(other, 'etc/apparmor.d'), { recursive: true });
    await symlink('aa-registry.acme.web', join(other, 'etc/apparmor.d/web'));
    for (let run = 0; run < 2; run++) {
      expect(await installed(other, bytes)).toMatchObject({ ok: true });
    }
  });

  const reason = parser ? '' : ' (skipped: apparmor_parser is not installed)';

  test.skipIf(!parser)(`a profile that includes other profiles is refused${reason}`, async () => {
    const root = at('including');
    const policy = join(root, 'etc/apparmor.d');
    await mkdir(join(policy, 'abstractions'), { recursive: true });
    await writeFile(join(policy, 'abstractions/sshd'), 'profile sshd {\n  /etc/ssh/** r,\n}\n');
    const text =
      'alias /etc/ -> /srv/,\ninclude <abstractions/sshd>\nprofile web {\n  /srv/** r,\n  ^hat { }\n}\n';
    // An abstraction of the host may define a profile, which lint can't see.
    const refused = await installed(root, new TextEncoder().encode(text));
    expect(refused).toMatchObject({ ok: false, id: 'profile-invalid' });
    expect(refused).toMatchObject({ reason: expect.stringContaining('also define sshd') });
    expect(await readdir(policy)).toEqual(['abstractions']);
    // Regardless of the number of its own profiles before it: names are sorted.
    const hats = Array.from({ length: 4000 }, (_, at) => `  ^hat-of-its-own-${at} { }\n`).join('');
    await writeFile(join(policy, 'abstractions/zsshd'), 'profile zsshd { }\n');
    const long = `include <abstractions/zsshd>\nprofile web {\n${hats}}\n`;
    expect(await installed(root, new TextEncoder().encode(long))).toMatchObject({ ok: false });
    const alone = new TextEncoder().encode(text.replace('include <abstractions/sshd>', ''));
    expect(await installed(root, alone)).toMatchObject({ ok: true, checkedByParser: true });
  });

  test.skipIf(!parser)(`a profile with a huge automaton is refused${reason}`, async () => {
    // At least 2^28 states, in two rules without lint diagnostics.
    const text = ['a r', 'b w'].map((rule) => {
      const [letter, permission] = rule.split(' ');
      return `  /srv/**${letter}${'?'.repeat(28)}/x ${permission},\n`;
    });
    const file = at('hungry');
    await writeFile(file, `abi <abi/3.0>,\nprofile web {\n${text.join('')}}\n`);
    const args = [...dryRunArguments(file, '/etc/apparmor.d'), '--features-file', features];
    const run = await runParser(parser ?? '', args, { memory: 128 << 20 });
    expect(run).toMatchObject({
      ok: false,
      reason: expect.stringContaining('exceeded its limit of 128 MiB of memory'),
    });
  });

  test('nothing is installed if it can’t be recorded', async () => {
    const root = at('unrecorded');
    await mkdir(join(root, 'var/lib/aa-registry'), { recursive: true });
    await writeFile(join(root, 'var/lib/aa-registry/installed'), 'in the way');
    const bytes = new TextEncoder().encode(profileText('web'));
    expect(await installed(root, bytes)).toMatchObject({
      ok: false,
      reason: `${join(root, 'var/lib/aa-registry/installed')} is a file, and a folder is needed`,
    });
    await expect(lstat(join(root, 'etc'))).rejects.toThrow('ENOENT');
  });

  test('created folders are never writable by others', async () => {
    const before = process.umask(0);
    try {
      await writeFileAtomically(at('made', 'deep', 'file'), 'x', 0o644);
    } finally {
      process.umask(before);
    }
    for (const made of ['made', 'made/deep']) {
      expect((await stat(at(made))).mode & 0o777).toBe(0o755);
    }
  });

  test('output follows links and never replaces a device', async () => {
    await writeFile(at('target'), 'old');
    await symlink('target', at('link'));
    await writeOutput(at('link'), 'new');
    expect((await lstat(at('link'))).isSymbolicLink()).toBe(true);
    expect(await readFile(at('target'), 'utf8')).toBe('new');
    await symlink('/dev/null', at('null'));
    await writeOutput(at('null'), 'nothing');
    expect((await lstat(at('null'))).isSymbolicLink()).toBe(true);
    await expect(writeOutput(folder, 'x')).rejects.toThrow('EISDIR');
  });

  test('a signal is deferred during work that must not be interrupted', async () => {
    const order: string[] = [];
    await withoutInterruption(async () => {
      process.kill(process.pid, 'SIGHUP');
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push('work');
      process.once('SIGHUP', () => order.push('signal'));
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(order).toEqual(['work', 'signal']);
  });
});
