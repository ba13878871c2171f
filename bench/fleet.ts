import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Client, createClient } from '../sdk/client.ts';
import { readProfiles, type WantedProfile } from '../sdk/profiles-file.ts';
import { syncHost } from '../sdk/sync.ts';
import type { SyncReport } from '../sdk/sync-report.ts';
import { type HostTrust, readTrust, trustPath, writeTrust } from '../sdk/trust-file.ts';
import { generateKeyPair, type KeyPair, sha256, signStatement } from '../trust/index.ts';
import { parseNoteVerifier } from '../trust/log/index.ts';

/** The default number of hosts. */
const defaultHosts = 5000;

/** The number of hosts that sync at the same time. */
const concurrency = 64;

const names = ['web', 'api', 'redis', 'queue', 'db'];

const manifest = {
  description: 'A profile of a simulated fleet',
  images: ['nginx'],
  abi: '3.0',
  license: 'Apache-2.0',
};

const textOf = (name: string, version: string) => `abi <abi/3.0>,
include <tunables/global>

profile ${name} flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>

  # ${version}
  /srv/${name}/** r,
}
`;

/** The traffic as the clients see it: heads and bodies of the responses. */
interface Traffic {
  requests: number;
  notModified: number;
  bytes: number;
}

/** Starts `aa-registry serve` in a process of its own. */
async function startRegistry(data: string) {
  const launcher = join(import.meta.dirname, '../bin/aa-registry');
  const options = ['--data', data, '--port', '0', '--log-level', 'off', '--address-limit', '0'];
  const child = spawn(launcher, ['serve', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  let token = '';
  for await (const line of createInterface({ input: child.stdout })) {
    token ||= /aar_\S+/.exec(line)?.[0] ?? '';
    const url = /listening on (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    const close = async () => {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await closed;
    };
    return { url, token, close };
  }
  throw new Error('the registry did not start; is it built (npm run build)?');
}

async function publish(client: Client, key: KeyPair, name: string, version: string): Promise<void> {
  const profile = textOf(name, version);
  const digest = await sha256(new TextEncoder().encode(profile));
  const subject = { team: 'library', name, version, digest, manifest };
  const envelope = await signStatement(subject, [key]);
  await client.publish({ team: 'library', name, version }, { profile, envelope });
}

function countingFetch(traffic: Traffic): typeof fetch {
  return async (...args) => {
    const response = await fetch(...args);
    const body = await response.arrayBuffer();
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
    traffic.requests += 1;
    traffic.bytes += head.length + body.byteLength;
    if (response.status === 304) traffic.notModified += 1;
    return new Response(response.status === 304 ? null : body, response);
  };
}

interface Fleet {
  roots: string[];
  trust: HostTrust;
  wanted: WantedProfile[];
  url: string;
}

/** Syncs every host; returns the duration in seconds and the traffic. */
async function syncAll(
  { roots, trust, wanted, url }: Fleet,
  check: (report: SyncReport) => void,
  dryRun = false,
): Promise<{ seconds: number; traffic: Traffic }> {
  const traffic: Traffic = { requests: 0, notModified: 0, bytes: 0 };
  const client = createClient({ registry: url, fetch: countingFetch(traffic) });
  const start = performance.now();
  const waiting = roots.values();
  const work = async () => {
    for (const root of waiting) check(await syncHost({ root, trust, client, wanted, dryRun }));
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { seconds: (performance.now() - start) / 1000, traffic };
}

function expectNothingDone({ outcomes, offline, log, present }: SyncReport): void {
  if (outcomes.length > 0 || offline || log || present !== names.length) {
    throw new Error(`a host was not up to date: ${JSON.stringify({ outcomes, offline, log })}`);
  }
}

/** The update must be verified but not installed: installing runs apparmor_parser, which costs the registry nothing. */
function expectUpdateVerified({ outcomes }: SyncReport): void {
  const [outcome] = outcomes;
  if (outcomes.length !== 1 || !outcome?.result.ok || !outcome.profile) {
    throw new Error(`a host did not verify the update: ${JSON.stringify(outcomes)}`);
  }
}

/**
 * Measures a fleet of hosts, each with its own root and five profiles, that sync with one registry over loopback: when
 * nothing has changed, without the cached response, and when one profile has a new version.
 */
export async function run([hosts = String(defaultHosts)]: string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  const registry = await startRegistry(join(folder, 'registry'));
  try {
    const client = createClient({ registry: registry.url, token: registry.token });
    const key = await generateKeyPair();
    await client.createTeam('library');
    await client.addKey('library', { publicKey: key.publicKey.text, label: 'fleet' });
    for (const name of names) await publish(client, key, name, '1.0.0');

    const first = join(folder, 'hosts/0');
    const verifier = await parseNoteVerifier(await client.getLogVerifier());
    if (!verifier) throw new Error('the registry has no log key');
    const log = { key: verifier, witnesses: [], witnessThreshold: 0, maxAge: 86_400 };
    const policy = { keys: [key.publicKey], threshold: 1 };
    await writeTrust(trustPath(first), {
      registry: registry.url,
      log,
      teams: new Map([['library', policy]]),
    });
    const profiles = join(folder, 'profiles.toml');
    await writeFile(profiles, `profiles = ${JSON.stringify(names)}\n`);
    const trust = (await readTrust(trustPath(first))) as HostTrust;
    const wanted = (await readProfiles(profiles)) ?? [];
    await syncHost({ root: first, trust, client, wanted });
    const roots = [first];
    for (let at = 1; at < Number(hosts); at++) {
      const root = join(folder, 'hosts', String(at));
      await mkdir(root);
      await cp(first, root, { recursive: true });
      roots.push(root);
    }
    const fleet = { roots, trust, wanted, url: registry.url };

    const line = (cells: string[]) =>
      console.log(cells.map((cell, at) => (at ? cell.padStart(16) : cell.padEnd(42))).join(''));
    line([
      `fleet: ${roots.length.toLocaleString('en')} hosts, ${names.length} profiles`,
      'seconds',
      'hosts/s',
      'requests/host',
      'bytes/host',
      '304/host',
    ]);
    const report = (
      what: string,
      { seconds, traffic }: Awaited<ReturnType<typeof syncAll>>,
    ): void => {
      const each = (count: number) => (count / roots.length).toFixed(2);
      const speed = (roots.length / seconds).toFixed(0);
      const { requests, bytes, notModified } = traffic;
      line([what, seconds.toFixed(1), speed, each(requests), each(bytes), each(notModified)]);
    };
    const idle = await syncAll(fleet, expectNothingDone);
    if (idle.traffic.requests !== roots.length || idle.traffic.notModified !== roots.length) {
      throw new Error(`expected one conditional request per host: ${JSON.stringify(idle.traffic)}`);
    }
    report('nothing has changed', idle);
    for (const root of roots) await rm(join(root, 'var/lib/aa-registry/sync.json'));
    report('nothing has changed, no cached response', await syncAll(fleet, expectNothingDone));
    await publish(client, key, 'web', '1.1.0');
    report('one new version, verified', await syncAll(fleet, expectUpdateVerified, true));
  } finally {
    await registry.close();
    await rm(folder, { recursive: true });
  }
}
