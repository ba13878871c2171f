import { and, asc, desc, eq, sql } from 'drizzle-orm';
import {
  type Digest,
  isDigest,
  isPrerelease,
  type Manifest,
  precedenceKey,
} from '../trust/index.ts';
import type { Database } from './database.ts';
import { contents, profiles, versions } from './schema.ts';

/** A version without the profile's text. */
export type Version = typeof versions.$inferSelect;

/** A version that has passed every check and is ready to be stored. */
export interface NewVersion {
  team: string;
  name: string;
  version: string;
  digest: Digest;
  text: string;
  size: number;
  envelope: string;
  signers: string[];
  manifest: Manifest;
  publishedAt: string;
}

/**
 * Stores a version in one transaction with its text and its profile's record, or nothing at all; `false` when
 * that version is there already, whatever its bytes.
 */
export async function insertVersion(db: Database, version: NewVersion): Promise<boolean> {
  try {
    await insert(db, version);
    return true;
  } catch (error) {
    // Two publishers at once: the unique index let one of them in.
    if (await findVersion(db, version.team, version.name, version.version)) return false;
    throw error;
  }
}

async function insert(db: Database, version: NewVersion): Promise<void> {
  const { team, name, digest, text, manifest, publishedAt } = version;
  const profile = and(eq(profiles.team, team), eq(profiles.name, name));
  const latest = db
    .select({ version: versions.version, manifest: versions.manifest })
    .from(versions)
    .where(eq(versions.profileId, profiles.id))
    .orderBy(asc(versions.prerelease), desc(versions.precedence))
    .limit(1)
    .as('latest');
  await db.batch([
    db
      .insert(profiles)
      .values({
        team,
        name,
        createdAt: publishedAt,
        latest: version.version,
        description: manifest.description,
        images: manifest.images,
      })
      .onConflictDoNothing(),
    db.insert(contents).values({ digest, text }).onConflictDoNothing(),
    db.insert(versions).values({
      profileId: sql`(SELECT ${profiles.id} FROM ${profiles} WHERE ${profile})`,
      version: version.version,
      precedence: precedenceKey(version.version),
      prerelease: isPrerelease(version.version),
      digest,
      size: version.size,
      envelope: version.envelope,
      signers: version.signers,
      manifest,
      publishedAt,
    }),
    db
      .update(profiles)
      .set({
        latest: sql`(SELECT version FROM ${latest})`,
        description: sql`(SELECT manifest ->> 'description' FROM ${latest})`,
        images: sql`(SELECT manifest -> 'images' FROM ${latest})`,
      })
      .where(profile),
  ]);
}

/**
 * One version, by its number or by a digest. When several versions have the same bytes the digest finds the
 * highest.
 */
export async function findVersion(
  db: Database,
  team: string,
  name: string,
  selector: string,
): Promise<Version | undefined> {
  const [row] = await db
    .select({ version: versions })
    .from(versions)
    .innerJoin(profiles, eq(profiles.id, versions.profileId))
    .where(and(eq(profiles.team, team), eq(profiles.name, name), selected(selector)))
    .orderBy(asc(versions.prerelease), desc(versions.precedence))
    .limit(1);
  return row?.version;
}

function selected(selector: string) {
  return isDigest(selector) ? eq(versions.digest, selector) : eq(versions.version, selector);
}

/** A profile's versions, highest first. */
export async function listVersions(db: Database, profileId: number): Promise<Version[]> {
  return db
    .select()
    .from(versions)
    .where(eq(versions.profileId, profileId))
    .orderBy(desc(versions.precedence));
}

/** The text of the profile with this digest. */
export async function findContent(db: Database, digest: Digest): Promise<string | undefined> {
  const [row] = await db
    .select({ text: contents.text })
    .from(contents)
    .where(eq(contents.digest, digest));
  return row?.text;
}
