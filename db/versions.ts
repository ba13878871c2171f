import { and, asc, desc, eq, isNull, lt, type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import {
  type Digest,
  isDigest,
  isPrerelease,
  type Manifest,
  type OciManifest,
  precedenceKey,
} from '../trust/index.ts';
import {
  type Analysis,
  analysisColumns,
  isCurrentAnalysis,
  type StoredAnalysis,
  storeAnalysis,
} from './analyses.ts';
import type { Database } from './database.ts';
import { insertDependencies } from './dependencies.ts';
import type { Statement } from './log.ts';
import { insertManifests } from './oci.ts';
import { prepared } from './prepared.ts';
import { isNamed, type Profile } from './profiles.ts';
import { analyses, contents, profiles, type StoredVariant, teams, versions } from './schema.ts';
import { indexProfile } from './search-index.ts';
import { variantDigest, variantTexts } from './variants.ts';
import { type Viewer, viewerValues } from './viewer.ts';

/** A version without the profile's text. */
export type Version = typeof versions.$inferSelect;

/** A checked version, ready to store. */
export interface NewVersion {
  team: string;
  name: string;
  version: string;
  digest: Digest;
  text: string;
  size: number;
  /** All variants, the first of which has the digest and text above; null without variants. */
  variants: StoredVariant[] | null;
  /** The texts of the further variants. */
  others: readonly string[];
  envelope: string;
  signers: Digest[];
  manifest: Manifest;
  readme: string | undefined;
  analysis: Analysis;
  publishedAt: string;
  /** The manifests that OCI clients get. */
  ociManifests: readonly OciManifest[];
  /** The profile, created if absent. The statements fail when it differs from the existing one. */
  profile: Pick<Profile, 'visibility' | 'blind'>;
  /** The version that it was compared with, as {@link predecessorOf} finds it; the statements fail if it is another. */
  predecessor: string | undefined;
}

/** The statements that store a version with its text and its profile, for one transaction. */
export function insertVersion(
  db: Database,
  version: NewVersion,
  logIndex: number,
): [Statement, ...Statement[]] {
  const { team, name, digest, text, manifest, readme, publishedAt } = version;
  const { visibility, blind } = version.profile;
  const is = and(
    at(team, name),
    eq(profiles.visibility, visibility),
    sql`${profiles.blind} IS ${blind}`,
    isNull(profiles.movedTo),
  );
  const precedence = precedenceKey(version.version);
  const predecessor = selectPredecessor(db, { team, name, below: precedence }).as('predecessor');
  // Violates NOT NULL after a concurrent publication, yank or change of the policy.
  const size = sql`CASE WHEN (SELECT version FROM ${predecessor}) IS ${version.predecessor ?? null} THEN ${version.size} END`;
  return [
    db
      .insert(profiles)
      .values({
        team,
        name,
        createdAt: publishedAt,
        latest: version.version,
        description: manifest.description,
        images: manifest.images,
        visibility,
        blind,
      })
      .onConflictDoNothing(),
    db.insert(contents).values({ digest, text }).onConflictDoNothing(),
    ...otherContents(version).map((one) => db.insert(contents).values(one).onConflictDoNothing()),
    ...(readme !== undefined && manifest.readme !== undefined
      ? [
          db
            .insert(contents)
            .values({ digest: manifest.readme, text: readme })
            .onConflictDoNothing(),
        ]
      : []),
    db.insert(versions).values({
      profileId: sql`(SELECT ${profiles.id} FROM ${profiles} WHERE ${is})`,
      version: version.version,
      precedence,
      prerelease: isPrerelease(version.version),
      digest,
      size,
      variants: version.variants,
      envelope: version.envelope,
      signers: version.signers,
      manifest,
      publishedAt,
      logIndex,
    }),
    ...insertDependencies(db, version),
    insertManifests(db, version, version.ociManifests),
    ...storeAnalysis(db, version),
    ...chooseLatest(db, team, name),
  ];
}

/** The texts of further variants, by their digests. */
function otherContents({ variants, others }: NewVersion): { digest: Digest; text: string }[] {
  const further = variants?.slice(1) ?? [];
  return further.map(({ digest }, at) => ({ digest, text: others[at] ?? '' }));
}

/** The version that a new one follows, with its text. */
export interface Predecessor {
  version: string;
  manifest: Manifest;
  text: string;
  /** Its variants, as JSON of {@link VariantText}. */
  variants: string;
}

/**
 * The version that a new one follows, if the team's policy is `semver`: the highest that is lower and not yanked.
 * `below` is the precedence key of the new one.
 */
export const predecessorOf = prepared((db) =>
  selectPredecessor(db, {
    team: sql.placeholder('team'),
    name: sql.placeholder('name'),
    below: sql.placeholder('below'),
  }),
);

function selectPredecessor(
  db: Database,
  { team, name, below }: Record<'team' | 'name' | 'below', Placeholder | string>,
) {
  return db
    .select({
      version: versions.version,
      manifest: versions.manifest,
      text: contents.text,
      variants: variantTexts,
    })
    .from(teams)
    .innerJoin(profiles, and(eq(profiles.team, teams.name), eq(profiles.name, name)))
    .innerJoin(versions, eq(versions.profileId, profiles.id))
    .innerJoin(contents, eq(contents.digest, versions.digest))
    .where(
      and(
        eq(teams.name, team),
        eq(teams.versionPolicy, 'semver'),
        lt(versions.precedence, below),
        isNull(versions.yankReason),
      ),
    )
    .orderBy(desc(versions.precedence))
    .limit(1);
}

/** The statements that yank a version and update its profile's latest version. */
export function yankVersion(
  db: Database,
  { id }: Version,
  team: string,
  name: string,
  reason: string | null,
): [Statement, ...Statement[]] {
  return [
    db.update(versions).set({ yankReason: reason }).where(eq(versions.id, id)),
    ...chooseLatest(db, team, name),
  ];
}

/** The statements that update a profile's latest version and index it. */
function chooseLatest(db: Database, team: string, name: string): Statement[] {
  return [refreshLatest(db, team, name), ...indexProfile(db, team, name)];
}

/** Copies the latest version's columns to the profile. */
function refreshLatest(db: Database, team: string, name: string): Statement {
  const latest = db
    .select({
      version: versions.version,
      manifest: versions.manifest,
      logIndex: versions.logIndex,
    })
    .from(versions)
    .where(eq(versions.profileId, profiles.id))
    .orderBy(...preference(versions))
    .limit(1)
    .as('latest');
  return db
    .update(profiles)
    .set({
      latest: sql`(SELECT version FROM ${latest})`,
      published: sql`(SELECT log_index FROM ${latest})`,
      description: sql`(SELECT manifest ->> 'description' FROM ${latest})`,
      images: sql`(SELECT manifest -> 'images' FROM ${latest})`,
    })
    .where(at(team, name));
}

/** Best first: not yanked, releases, highest precedence. */
export function preference({
  yankReason,
  prerelease,
  precedence,
}: Record<'yankReason' | 'prerelease' | 'precedence', AnySQLiteColumn>) {
  return [asc(sql`${yankReason} IS NOT NULL`), asc(prerelease), desc(precedence)];
}

function at(team: string, name: string) {
  return and(eq(profiles.team, team), eq(profiles.name, name));
}

/**
 * A query for a version by its number, and the same by its digest; their placeholder is `selector`. A digest shared by
 * several versions selects the best of them.
 */
export function bySelector<Query>(
  build: (db: Database, isSelected: SQL | undefined) => { prepare: () => Query },
): (db: Database, selector: string) => Query {
  const where = (by: AnySQLiteColumn) => and(isNamed, eq(by, sql.placeholder('selector')));
  const byNumber = prepared((db) => build(db, where(versions.version)));
  const byDigest = prepared((db) => build(db, where(versions.digest)));
  return (db, selector) => (isDigest(selector) ? byDigest : byNumber)(db);
}

const selected = bySelector((db, isSelected) =>
  db
    .select({ version: versions, blind: profiles.blind })
    .from(versions)
    .innerJoin(profiles, eq(profiles.id, versions.profileId))
    .where(isSelected)
    .orderBy(...preference(versions))
    .limit(1),
);

/** A version by number or digest, with its profile's blind, if the viewer may see the profile. */
export async function findVersion(
  db: Database,
  viewer: Viewer,
  team: string,
  name: string,
  selector: string,
): Promise<(Version & Pick<Profile, 'blind'>) | undefined> {
  const values = { team, name, selector, ...viewerValues(viewer) };
  const row = await selected(db, selector).get(values);
  return row && { ...row.version, blind: row.blind };
}

/** The query of {@link findAnalysedVersion}. */
export const analysedVersion = bySelector((db, isSelected) =>
  db
    .select({ version: versions, analysis: analysisColumns })
    .from(versions)
    .innerJoin(profiles, eq(profiles.id, versions.profileId))
    .leftJoin(analyses, isCurrentAnalysis)
    .where(isSelected)
    .orderBy(...preference(versions))
    .limit(1),
);

/** As {@link findVersion}, with its analysis, if there is a current one. */
export async function findAnalysedVersion(
  db: Database,
  viewer: Viewer,
  team: string,
  name: string,
  selector: string,
): Promise<{ version: Version; analysis: StoredAnalysis | null } | undefined> {
  const values = { team, name, selector, ...viewerValues(viewer) };
  return analysedVersion(db, selector).get(values);
}

/** A file of a version: its profile, README or envelope. */
export interface VersionFile {
  /** Null for a version without a README. */
  text: string | null;
  /** The digest of the text; null for an envelope. */
  digest: Digest | null;
  visibility: Profile['visibility'];
}

const files = {
  profile: selectFile(variantDigest, contents.text),
  readme: selectFile(sql<Digest | null>`${versions.manifest} ->> 'readme'`, contents.text),
  envelope: selectFile(sql<null>`NULL`, versions.envelope),
};

function selectFile(digest: SQL<Digest | null>, text: AnySQLiteColumn) {
  return bySelector((db, isSelected) =>
    db
      .select({
        text: sql<string | null>`${text}`,
        digest: sql<Digest | null>`${digest}`,
        visibility: profiles.visibility,
      })
      .from(versions)
      .innerJoin(profiles, eq(profiles.id, versions.profileId))
      .leftJoin(contents, eq(contents.digest, digest))
      .where(isSelected)
      .orderBy(...preference(versions))
      .limit(1),
  );
}

/**
 * A file of a version by number or digest, if the viewer may see the profile. Of a profile with variants, the file for the
 * last release of `upTo`; the first variant's by default.
 */
export async function findVersionFile(
  db: Database,
  viewer: Viewer,
  team: string,
  name: string,
  selector: string,
  file: keyof typeof files,
  upTo: readonly string[] = [],
): Promise<VersionFile | undefined> {
  const values = { team, name, selector, upTo: JSON.stringify(upTo), ...viewerValues(viewer) };
  return files[file](db, selector).get(values);
}

/** The query of {@link listVersions}. */
export const versionsOfProfile = prepared((db) =>
  db
    .select({ version: versions })
    .from(profiles)
    .leftJoin(
      versions,
      and(eq(versions.profileId, profiles.id), lt(versions.precedence, sql.placeholder('before'))),
    )
    .where(isNamed)
    .orderBy(desc(versions.precedence))
    .limit(sql.placeholder('limit')),
);

/** Above the precedence keys of all versions. */
export const aboveAll = '\u{10ffff}';

/**
 * A profile's versions, highest first, at most `limit`, below the precedence key `before` if given; `undefined` if the
 * viewer sees no such profile.
 */
export async function listVersions(
  db: Database,
  viewer: Viewer,
  team: string,
  name: string,
  { before = aboveAll, limit }: { before?: string | undefined; limit: number },
): Promise<Version[] | undefined> {
  const rows = await versionsOfProfile(db).all({
    team,
    name,
    before,
    limit,
    ...viewerValues(viewer),
  });
  if (rows.length === 0) return undefined;
  return rows.flatMap(({ version }) => version ?? []);
}

const content = prepared((db) =>
  db
    .select({ text: contents.text })
    .from(contents)
    .where(eq(contents.digest, sql.placeholder('digest'))),
);

/** The text of the profile or README with this digest. */
export async function findContent(db: Database, digest: Digest): Promise<string | undefined> {
  return (await content(db).get({ digest }))?.text;
}
