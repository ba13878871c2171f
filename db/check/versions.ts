import { asc, eq, getTableColumns, gt, sql } from 'drizzle-orm';
import * as z from 'zod';
import {
  decodeBase64,
  Envelope,
  isPrerelease,
  isVersion,
  precedenceKey,
  sha256,
  verify,
} from '../../trust/index.ts';
import type { Database } from '../database.ts';
import { baseContents, contents, versions } from '../schema.ts';
import type { Version } from '../versions.ts';
import { type Fact, type Facts, path } from './facts.ts';
import { parseJson, type TeamKeys } from './keys.ts';
import { entriesOf } from './log.ts';
import { latestFact, type NamedProfile, type Profiles } from './profiles.ts';
import type { Report } from './report.ts';

/** The sizes of texts, where they exist. */
const Sizes = z.array(z.number().nullable());

/** The number of versions per query, each with its text. */
const pageLength = 200;

/** The data that versions are checked against. */
interface Context {
  named: Profiles;
  keys: TeamKeys;
  facts: Facts;
  report: Report;
}

/**
 * Checks every version against its entry, its text, its envelope and the team's keys, and that every entry has its
 * version. Versions are stored in the order of the log, so both are read once, side by side.
 */
export async function checkVersions(
  db: Database,
  context: Context,
  progress: (versions: number) => void,
): Promise<void> {
  const { named, facts, report } = context;
  const entries = versionEntries(db);
  let next = (await entries.next()).value;
  const unmatched = (entry: Fact<'version'>) =>
    report('row-missing', `${entry.team}/${entry.name}@${entry.version} (entry ${entry.index})`);

  const yanked = new Set<string>();
  let count = 0;
  for await (const { row, ...texts } of rowsOf(db)) {
    while (next && next.index < row.logIndex) {
      unmatched(next);
      next = (await entries.next()).value;
    }
    const profile = named.get(row.profileId);
    const entry = next?.index === row.logIndex ? next : undefined;
    if (entry) next = (await entries.next()).value;
    if (profile) {
      for (const name of profile.logged) yanked.add(path(profile.team, name, row.version));
      await checkVersion(row, texts, profile, entry, context);
    }
    if (++count % 1000 === 0) progress(count);
  }
  for (; next; next = (await entries.next()).value) unmatched(next);
  for (const [at, { team, name, version, index }] of facts.yanks) {
    if (!yanked.has(at))
      report('row-missing', `the yanked ${team}/${name}@${version} (entry ${index})`);
  }
}

async function* versionEntries(db: Database): AsyncGenerator<Fact<'version'>, undefined> {
  for await (const [index, entry] of entriesOf(db)) {
    if (entry.kind === 'version') yield { ...entry, index };
  }
  return undefined;
}

/** What is stored of a version's texts. */
interface Texts {
  /** That of the profile or its first variant. */
  text: string | null;
  /** The sizes of those of all variants, as JSON. */
  sizes: string;
}

/** A stored version, whose JSON columns may be malformed. */
type Row = Omit<Version, 'signers' | 'manifest' | 'prerelease' | 'variants'> & {
  signers: string;
  manifest: string;
  variants: string | null;
  prerelease: number;
};

const columns = {
  ...getTableColumns(versions),
  signers: sql<string>`${versions.signers}`,
  manifest: sql<string>`${versions.manifest}`,
  prerelease: sql<number>`${versions.prerelease}`,
  variants: sql<string | null>`${versions.variants}`,
};

/** The sizes of the variants' texts, as JSON; null for a missing one. */
const variantSizes = sql<string>`(SELECT json_group_array(length(CAST(variant_contents.text AS BLOB))
    ORDER BY variant.key)
  FROM json_each(CASE WHEN json_valid(${versions.variants}) THEN ${versions.variants} END) AS variant
  LEFT JOIN ${contents} AS variant_contents ON variant_contents.digest = variant.value ->> 'digest')`;

async function* rowsOf(db: Database): AsyncGenerator<{ row: Row } & Texts> {
  for (let after = 0; ; ) {
    const page = await db
      .select({ row: columns, text: contents.text, sizes: variantSizes })
      .from(versions)
      .leftJoin(contents, eq(contents.digest, versions.digest))
      .where(gt(versions.id, after))
      .orderBy(asc(versions.id))
      .limit(pageLength);
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.row.id;
  }
}

async function checkVersion(
  row: Row,
  { text, sizes }: Texts,
  profile: NamedProfile,
  entry: Fact<'version'> | undefined,
  { keys, facts, report }: Context,
): Promise<void> {
  const { team, name } = profile;
  const { version } = row;
  const what = `${team}/${name}@${version}`;
  const envelope = Envelope.safeParse(parseJson(row.envelope));
  const payload = envelope.success ? decodeBase64(envelope.data.payload) : undefined;

  if (!entry) report('entry-absent', what);
  else if (
    entry.team !== team ||
    !profile.logged.includes(entry.name) ||
    entry.version !== version ||
    entry.digest !== row.digest ||
    entry.time !== row.publishedAt ||
    entry.envelope !== (payload && (await sha256(payload)))
  ) {
    report('row-differs', `${what} (entry ${entry.index})`);
  }

  if (text === null) return report('content-missing', `the profile of ${what}`);
  const lengths = Sizes.parse(parseJson(sizes));
  if (lengths.includes(null)) report('content-missing', `a variant of ${what}`);
  const bytes = new TextEncoder().encode(text);
  const claimed = z.array(z.string()).min(1).catch([]).parse(parseJson(row.signers));
  const signers = (keys.get(team) ?? []).filter(({ keyId }) => claimed.includes(keyId));
  const verified =
    envelope.success &&
    (await verify(
      { team, name, version, profile: bytes, envelope: envelope.data },
      { keys: signers, threshold: Math.max(1, claimed.length) },
    ));
  if (!verified) report('envelope-invalid', `the envelope of ${what} is malformed`);
  else if (!verified.ok) report('envelope-invalid', `${what}: ${verified.reason}`);
  else if (canonical(verified.manifest) !== canonical(parseJson(row.manifest))) {
    report('row-differs', `the manifest of ${what} differs from the signed one`);
  } else {
    const signed = verified.manifest.variants?.map((from, at) => ({
      ...{ from, digest: verified.digests[at], size: lengths[at] },
    }));
    if (canonical(signed ?? null) !== canonical(parseJson(row.variants ?? 'null'))) {
      report('row-differs', `the variants of ${what} differ from the signed ones`);
    }
  }
  if (
    !isVersion(version) ||
    row.size !== bytes.length ||
    row.precedence !== precedenceKey(version) ||
    row.prerelease !== Number(isPrerelease(version))
  ) {
    report('derived-differs', `the size, precedence or prerelease flag of ${what}`);
  }

  const yank = latestFact(facts.yanks, profile, version);
  const isYanked = yank?.yanked ?? false;
  if (isYanked !== (row.yankReason !== null)) {
    if (yank) report('row-differs', `whether ${what} is yanked (entry ${yank.index})`);
    else report('entry-absent', `the yank of ${what}`);
  } else if (yank && isYanked && yank.name === name && yank.reason !== row.yankReason) {
    report('row-differs', `why ${what} was yanked (entry ${yank.index})`);
  }
}

/** Canonical JSON, independent of the order of fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Checks every text, of profiles, READMEs and base policies, against its digest. */
export async function checkContents(db: Database, report: Report): Promise<void> {
  for (const table of [contents, baseContents]) await checkTexts(db, table, report);
}

async function checkTexts(
  db: Database,
  table: typeof contents | typeof baseContents,
  report: Report,
): Promise<void> {
  for (let after = ''; ; ) {
    const page = await db
      .select({ digest: table.digest, text: table.text })
      .from(table)
      .where(gt(table.digest, after as `sha256:${string}`))
      .orderBy(asc(table.digest))
      // A base policy may have several MiB.
      .limit(table === baseContents ? 1 : pageLength);
    for (const { digest, text } of page) {
      if ((await sha256(new TextEncoder().encode(text))) !== digest) {
        report('content-differs', `the text stored as ${digest}`);
      }
    }
    const last = page.at(-1);
    if (!last) return;
    after = last.digest;
  }
}
