import { and, asc, desc, eq, gte, isNull, lt, sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import {
  type Digest,
  isDigest,
  isPrerelease,
  type Manifest,
  precedenceKey,
} from '../trust/index.ts';
import { type Analysis, analysisVersion, type StoredAnalysis, storeAnalysis } from './analyses.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import type { Profile } from './profiles.ts';
import { analyses, contents, profiles, versions } from './schema.ts';
import { indexProfile } from './search-index.ts';
import { type Viewer, visibleTo } from './viewer.ts';

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
  envelope: string;
  signers: Digest[];
  manifest: Manifest;
  readme: string | undefined;
  analysis: Analysis;
  publishedAt: string;
  /** The profile, created if absent. The statements fail when it differs from the existing one. */
  profile: Pick<Profile, 'visibility' | 'blind'>;
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
      precedence: precedenceKey(version.version),
      prerelease: isPrerelease(version.version),
      digest,
      size: version.size,
      envelope: version.envelope,
      signers: version.signers,
      manifest,
      publishedAt,
      logIndex,
    }),
    ...storeAnalysis(db, version),
    ...chooseLatest(db, team, name),
  ];
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
    .select({ version: versions.version, manifest: versions.manifest })
    .from(versions)
    .where(eq(versions.profileId, profiles.id))
    .orderBy(...preference(versions))
    .limit(1)
    .as('latest');
  return db
    .update(profiles)
    .set({
      latest: sql`(SELECT version FROM ${latest})`,
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
 * A version by number or digest, of a profile that the viewer may see. A digest shared by several versions selects the
 * best of them.
 */
export async function findVersion(
  db: Database,
  viewer: Viewer,
  team: string,
  name: string,
  selector: string,
): Promise<Version | undefined> {
  const [row] = await db
    .select({ version: versions })
    .from(versions)
    .innerJoin(profiles, eq(profiles.id, versions.profileId))
    .where(and(at(team, name), selected(selector), visibleTo(viewer)))
    .orderBy(...preference(versions))
    .limit(1);
  return row?.version;
}

/** As {@link findVersion}, with its analysis, if there is a current one. */
export async function findAnalysedVersion(
  db: Database,
  viewer: Viewer,
  team: string,
  name: string,
  selector: string,
): Promise<{ version: Version; analysis: StoredAnalysis | null } | undefined> {
  const { needs, unseen, diagnostics, omitted, readme } = analyses;
  const [row] = await db
    .select({ version: versions, analysis: { needs, unseen, diagnostics, omitted, readme } })
    .from(versions)
    .innerJoin(profiles, eq(profiles.id, versions.profileId))
    .leftJoin(
      analyses,
      and(eq(analyses.versionId, versions.id), gte(analyses.analysisVersion, analysisVersion)),
    )
    .where(and(at(team, name), selected(selector), visibleTo(viewer)))
    .orderBy(...preference(versions))
    .limit(1);
  return row;
}

function selected(selector: string) {
  return isDigest(selector) ? eq(versions.digest, selector) : eq(versions.version, selector);
}

/** A profile's versions, highest first, at most `limit`, below the precedence key `before` if given. */
export async function listVersions(
  db: Database,
  profileId: number,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<Version[]> {
  return db
    .select()
    .from(versions)
    .where(
      and(
        eq(versions.profileId, profileId),
        before === undefined ? undefined : lt(versions.precedence, before),
      ),
    )
    .orderBy(desc(versions.precedence))
    .limit(limit);
}

/** The text of the profile with this digest. */
export async function findContent(db: Database, digest: Digest): Promise<string | undefined> {
  const [row] = await db
    .select({ text: contents.text })
    .from(contents)
    .where(eq(contents.digest, digest));
  return row?.text;
}
