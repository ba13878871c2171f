// Every read of the service, with increasing numbers of profiles.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openFile } from '../db/node.ts';
import { profiles, searchSpellings } from '../db/schema.ts';
import { indexProfiles, indexVersion } from '../db/search-index.ts';
import { spellingsOf } from '../db/search-text.ts';
import { generateKeyPair, generateNoteKey, signStatement } from '../trust/index.ts';
import { analyseHere, permissionsHere } from '../worker/analysis/analyser.ts';
import { createApp } from '../worker/app.ts';
import { createLog } from '../worker/log/log.ts';
import { defaultLimits } from '../worker/ports.ts';
import { fillLog } from './log.ts';

/** The default numbers of profiles. */
const defaultSizes = [1_000, 10_000, 100_000];

/** The number of versions of each profile. */
const versionCount = 10;

/** The number of measurements of each read at each size. */
const rounds = 1_000;

/** The number of profiles of each team. */
const profilesPerTeam = 50;

// The words are the same for every number of profiles, so the matches of a word are a fixed share of all.
const subjects =
  'nginx postgres redis mysql apache kafka grafana vault consul etcd traefik haproxy'.split(' ');
const kinds = 'server proxy worker exporter gateway cache agent backup'.split(' ');

const subject = (id: number) => subjects[id % subjects.length] as string;
const kind = (id: number) => kinds[Math.floor(id / subjects.length) % kinds.length] as string;
/** A word that is unique to a profile. */
const own = (id: number) => `q${id.toString(16).padStart(5, '0')}`;

// The same in SQL, which creates the profiles: publishing them through the API would take a day.
const pick = (list: string[], at: string) =>
  `json_extract('${JSON.stringify(list)}', '$[' || (${at}) || ']')`;
const subjectSql = pick(subjects, `ids.id % ${subjects.length}`);
const kindSql = pick(kinds, `ids.id / ${subjects.length} % ${kinds.length}`);
const ownSql = `'q' || printf('%05x', ids.id)`;
const nameSql = `${subjectSql} || '-' || ${kindSql} || '-' || ${ownSql}`;
const digestSql = (id: string, minor: string) =>
  `'sha256:' || printf('%064x', ${id} * 100 + ${minor})`;

const nameOf = (id: number) => `${subject(id)}-${kind(id)}-${own(id)}`;
const teamOf = (id: number) => `team-${Math.floor(id / profilesPerTeam)}`;
const digestOf = (id: number, minor: number) =>
  `sha256:${(id * 100 + minor).toString(16).padStart(64, '0')}`;
const pathOf = (id: number) => `/v1/profiles/${teamOf(id)}/${nameOf(id)}`;

/** The index words of a version (search-document.ts) in SQL: the words of a field are in its scope and all wider ones. */
const scoped = (scope: number, words: string[]) =>
  words.flatMap((word) => [1, 2, 3, 4].slice(scope - 1).map((one) => `'${one}' || ${word}`));
const literal = (text: string) => text.split(' ').map((word) => `'${word}'`);
const rules =
  'abi 3 0 include tunables global profile flags attach disconnected mediate deleted abstractions base capability net bind service network inet stream srv var log w r';
const gradeSql = `substr('AAAAAABBCD', 1 + ids.id % 10, 1)`;
const documentSql = [
  ...scoped(1, [subjectSql, kindSql, ownSql]),
  ...scoped(2, [`'team'`, `(ids.id / ${profilesPerTeam})`]),
  ...scoped(3, literal('confines the of in a container')),
  ...scoped(4, literal(rules)),
  `'ft' || hex('team-' || (ids.id / ${profilesPerTeam}))`,
  `'fn' || hex(${nameSql})`,
  `'fi' || hex(${subjectSql})`,
  `'fg' || hex(${gradeSql})`,
  `'fc' || hex('net_bind_service')`,
  `CASE WHEN ids.id % 100 = 0 THEN 'fc' || hex('net_admin') ELSE '' END`,
].join(` || ' ' || `);

/** What each profile permits, by topic. */
const permitted =
  'write-other read-secrets network network-raw capability run run-shell mount signal-send'.split(
    ' ',
  );

/** The number of profiles that a transaction creates. */
const chunk = 5_000;

/**
 * Fills a database with `size` profiles, directly in its tables, as if they were published: rows, contents, envelopes of
 * a realistic length, a channel each, and the search index.
 */
async function fill(db: Database, size: number, envelope: string): Promise<void> {
  const { $client } = db;
  // The data need not survive a power cut.
  await $client.execute('PRAGMA synchronous = OFF');
  const now = '2026-01-01T00:00:00.000Z';
  for (let from = 1; from <= size; from += chunk) {
    const to = Math.min(size, from + chunk - 1);
    const ids = `WITH RECURSIVE ids(id) AS (SELECT ${from} UNION ALL SELECT id + 1 FROM ids WHERE id < ${to})`;
    const minors = `minors(minor) AS (SELECT value FROM json_each('${JSON.stringify([...Array(versionCount).keys()])}'))`;
    await $client.batch(
      [
        `INSERT OR IGNORE INTO teams (name, created_at) ${ids} SELECT 'team-' || (id / ${profilesPerTeam}), '${now}' FROM ids`,
        `INSERT INTO profiles (id, team, name, created_at, latest, published, description, images)
         ${ids} SELECT id, 'team-' || (id / ${profilesPerTeam}), ${nameSql}, '${now}', '1.${versionCount - 1}.0', id * ${versionCount} - 1,
           'Confines the ' || ${kindSql} || ' of ' || ${subjectSql} || ' in a container', json_array(${subjectSql})
         FROM ids`,
        `INSERT INTO contents (digest, text)
         ${ids}, ${minors} SELECT ${digestSql('id', 'minor')},
           'abi <abi/3.0>,' || char(10) || 'include <tunables/global>' || char(10) || 'profile ' || ${nameSql} ||
           ' flags=(attach_disconnected, mediate_deleted) {' || char(10) || '  include <abstractions/base>' || char(10) ||
           '  capability net_bind_service,' || char(10) || '  network inet stream,' || char(10) ||
           '  /srv/' || ${subjectSql} || '/' || minor || '/** r,' || char(10) || '  /var/log/' || ${subjectSql} ||
           '/*.log w,' || char(10) || '}' || char(10)
         FROM ids, minors`,
        {
          sql: `INSERT INTO versions (profile_id, version, precedence, prerelease, digest, size, envelope, signers, manifest, published_at, log_index)
         ${ids}, ${minors} SELECT id, '1.' || minor || '.0', '01101' || minor || '010~', 0, ${digestSql('id', 'minor')}, 300, ?,
           json_array('sha256:' || printf('%064x', id / ${profilesPerTeam})),
           json_object('description', 'Confines the ' || ${kindSql} || ' of ' || ${subjectSql} || ' in a container',
             'images', json_array(${subjectSql}), 'abi', '3.0', 'license', 'Apache-2.0'),
           '${now}', (id - 1) * ${versionCount} + minor
         FROM ids, minors`,
          args: [envelope],
        },
        `INSERT INTO channels (profile_id, name, version, moved_at, log_index)
         ${ids} SELECT id, 'candidate', '1.5.0', '${now}', 0 FROM ids`,
        `INSERT INTO search_documents (version_id, words, grade, index_version)
         ${ids} SELECT versions.id, ${documentSql}, ${gradeSql}, ${indexVersion}
         FROM ids JOIN versions ON profile_id = ids.id AND version = '1.${versionCount - 1}.0'`,
      ],
      'write',
    );
    const [first, ...rest] = indexProfiles(db, sql`${profiles.id} BETWEEN ${from} AND ${to}`);
    await db.batch([first, ...rest]);
    // No summary is stored.
    await $client.execute(`INSERT INTO profile_facets (profile_id, facet, value)
      ${ids} SELECT ids.id, 'permits', each.value FROM ids, json_each('${JSON.stringify(permitted)}') AS each`);
    const words = from === 1 ? [...subjects, ...kinds, 'confines', 'container'] : [];
    for (let id = from; id <= to; id++) words.push(own(id));
    const spellings = words.flatMap((word) =>
      spellingsOf(word).map((spelling) => ({ spelling, word })),
    );
    for (let at = 0; at < spellings.length; at += 1_000) {
      await db.insert(searchSpellings).values(spellings.slice(at, at + 1_000));
    }
  }
}

/** A registry with `size` profiles. */
interface Registry {
  size: number;
  seconds: number;
  bytes: number;
  read: (path: string) => Promise<Response>;
  close: () => Promise<void>;
}

async function open(size: number): Promise<Registry> {
  const start = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  const file = join(folder, 'registry.db');
  const db = await openFile(file);
  const close = async () => {
    db.$client.close();
    await rm(folder, { recursive: true });
  };
  try {
    await migrate(db);
    const key = await generateNoteKey('bench.example/log');
    const subject = {
      team: 'team-0',
      name: nameOf(1),
      version: '1.0.0',
      digest: `sha256:${'0'.repeat(64)}`,
    } as const;
    const manifest = {
      description: 'Confines a server',
      images: ['nginx'],
      abi: '3.0',
      license: 'Apache-2.0',
    };
    const envelope = await signStatement({ ...subject, manifest }, [await generateKeyPair()]);
    await fill(db, size, JSON.stringify(envelope));
    await fillLog(db, key, size * versionCount);
    await db.$client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
    const now = () => new Date();
    const app = createApp({
      db,
      log: createLog({ db, key, now }),
      now,
      limits: defaultLimits,
      analyse: analyseHere,
      permissions: permissionsHere,
    });
    const read = async (path: string) => app.request(path);
    const seconds = (performance.now() - start) / 1000;
    return { size, seconds, bytes: (await stat(file)).size, read, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The id of a profile, another in each round. */
const any = (round: number, size: number) => 1 + ((round * 2_654_435_761) % size);

/** The paths of the reads, for each round and size. */
const reads: Record<string, (round: number, size: number) => string> = {
  'resolve a name': (round, size) => resolve([any(round, size)], ''),
  'resolve a range': (round, size) => resolve([any(round, size)], '@^1.2 <1.8'),
  'resolve a channel': (round, size) => resolve([any(round, size)], ':candidate'),
  'resolve 100 at once': (round, size) =>
    resolve(
      Array.from({ length: 100 }, (_, at) => any(round * 100 + at, size)),
      '',
    ),
  'a profile': (round, size) => pathOf(any(round, size)),
  'its versions': (round, size) => `${pathOf(any(round, size))}/versions`,
  'a version, with lint': (round, size) => `${pathOf(any(round, size))}/versions/1.${round % 10}.0`,
  'a version by digest': (round, size) => {
    const id = any(round, size);
    return `${pathOf(id)}/versions/${digestOf(id, round % 10)}`;
  },
  'its bytes by digest': (round, size) => {
    const id = any(round, size);
    return `${pathOf(id)}/versions/${digestOf(id, round % 10)}/profile`;
  },
  'its envelope': (round, size) =>
    `${pathOf(any(round, size))}/versions/1.${round % 10}.0/envelope`,
  'its proof': (round, size) =>
    `${pathOf(any(round, size))}/versions/1.${round % 10}.0/proof?since=${any(round + 1, size)}`,
  'a team': (round, size) => `/v1/teams/${teamOf(any(round, size))}`,
  'list: first page': () => '/v1/profiles',
  'list: some page': (round, size) => {
    const id = any(round, size);
    return `/v1/profiles?cursor=${cursor({ team: teamOf(id), name: nameOf(id) })}`;
  },
  'list: a team': (round, size) => `/v1/profiles?team=${teamOf(any(round, size))}`,
  'search: in one of 12 profiles': (round) => search({ q: subject(round) }),
  'search: a prefix': (round) => search({ q: subject(round).slice(0, 3) }),
  'search: a later page': (round, size) =>
    search({
      q: subject(round),
      cursor: cursor({ level: 1, id: Math.floor(any(round, size) / 2), similar: false }),
    }),
  'search: two words': (round) => search({ q: `${subject(round)} ${kind(round * 12)}` }),
  'search: in all profiles': () => search({ q: 'container' }),
  'search: in one profile': (round, size) => search({ q: own(any(round, size)) }),
  'search: an exact name': (round, size) => search({ q: nameOf(any(round, size)) }),
  'search: a misspelt word': (round) => search({ q: subject(round).replace(/^(.)(.)/, '$2$1') }),
  'search: no match': (round) => search({ q: `nowhere${round}` }),
  'filter: an image': (round) => search({ image: subject(round) }),
  'filter: a rare capability': () => search({ capability: 'net_admin' }),
  'filter: a grade, with a word': (round) => search({ grade: 'C', q: subject(round) }),
  'the catalog: search': (round) => `/?q=${subject(round)}`,
  'the catalog: home': () => '/',
  'the catalog: all, by name': () => '/?sort=name',
  'the catalog: all, the newest': () => '/?sort=published',
  'the catalog: search in all': () => '/?q=container',
  'the catalog: a filter': (round) => `/?image=${subject(round)}`,
  'the catalog: a search, sorted': (round) => `/?q=${subject(round)}&sort=published`,
  'the catalog: a profile': (round, size) => {
    const id = any(round, size);
    return `/p/${teamOf(id)}/${nameOf(id)}`;
  },
  'the log: a tile': (round, size) =>
    `/log/tile/0/${tile(any(round, size) % Math.floor((size * versionCount) / 256))}`,
  'the log: its checkpoint': () => '/log/checkpoint',
};

function resolve(ids: number[], selector: string): string {
  const refs = ids.map((id) => ['ref', `${teamOf(id)}/${nameOf(id)}${selector}`]);
  return `/v1/resolve?${new URLSearchParams(refs)}`;
}

const search = (query: Record<string, string>) => `/v1/profiles?${new URLSearchParams(query)}`;
const cursor = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url');

/** An index in a path of C2SP tlog-tiles: groups of three digits. */
function tile(index: number): string {
  const last = String(index % 1000).padStart(3, '0');
  return index < 1000 ? last : `x${String(Math.floor(index / 1000)).padStart(3, '0')}/${last}`;
}

/** The sorted durations of the rounds in milliseconds: elapsed and processor time. */
interface Times {
  elapsed: number[];
  cpu: number[];
}

/** Measures the sizes in turns, so that other load on the machine affects all. */
async function measure(
  registries: Registry[],
  path: (round: number, size: number) => string,
): Promise<Times[]> {
  const times = registries.map((): Times => ({ elapsed: [], cpu: [] }));
  for (let round = -20; round < rounds; round++) {
    for (const [at, { size, read }] of registries.entries()) {
      const address = path(round + 20, size);
      const start = performance.now();
      const before = process.cpuUsage();
      const response = await read(address);
      const body = await response.text();
      const { user, system } = process.cpuUsage(before);
      const elapsed = performance.now() - start;
      const { status } = response;
      if (status !== 200) throw new Error(`${address} returned ${status}: ${body}`);
      // The first rounds warm up.
      if (round < 0) continue;
      times[at]?.elapsed.push(elapsed);
      times[at]?.cpu.push((user + system) / 1000);
    }
  }
  for (const { elapsed, cpu } of times) {
    elapsed.sort((a, b) => a - b);
    cpu.sort((a, b) => a - b);
  }
  return times;
}

const at = (times: number[], share: number) => times[Math.floor(times.length * share)] ?? 0;

/** Prints a table of milliseconds at each size, and the growth from the smallest to the largest. */
export async function run(args: string[]): Promise<void> {
  const sizes = args.length > 0 ? args.map(Number) : defaultSizes;
  const registries: Registry[] = [];
  try {
    for (const size of sizes) {
      const registry = await open(size);
      registries.push(registry);
      const { seconds, bytes } = registry;
      console.log(
        `${size.toLocaleString('en')} profiles with ${versionCount} versions each: ${(bytes / 1e6).toFixed(0)} MB, created in ${seconds.toFixed(0)} s`,
      );
    }
    const line = (cells: string[]) =>
      console.log(cells.map((cell, at) => (at ? cell.padStart(16) : cell.padEnd(30))).join(''));
    line([
      'scale: p50 (p99), ms',
      ...sizes.map((size) => size.toLocaleString('en')),
      'p50 growth',
      'p99 growth',
      'p99 CPU growth',
    ]);
    const worst = { elapsed: 0, cpu: 0 };
    for (const [what, path] of Object.entries(reads)) {
      const times = await measure(registries, path);
      const growth = (kind: keyof Times, share: number) =>
        at(times.at(-1)?.[kind] ?? [], share) / at(times[0]?.[kind] ?? [], share);
      const [elapsed, cpu] = [growth('elapsed', 0.99), growth('cpu', 0.99)];
      worst.elapsed = Math.max(worst.elapsed, elapsed);
      worst.cpu = Math.max(worst.cpu, cpu);
      line([
        what,
        ...times.map(
          (some) => `${at(some.elapsed, 0.5).toFixed(2)} (${at(some.elapsed, 0.99).toFixed(2)})`,
        ),
        `x${growth('elapsed', 0.5).toFixed(2)}`,
        `x${elapsed.toFixed(2)}`,
        `x${cpu.toFixed(2)}`,
      ]);
    }
    line([
      'maximum',
      ...sizes.map(() => ''),
      '',
      `x${worst.elapsed.toFixed(2)}`,
      `x${worst.cpu.toFixed(2)}`,
    ]);
    console.log('goal: no p99 more than doubles (on a busy machine, look at CPU time)');
  } finally {
    for (const { close } of registries) await close();
  }
}
