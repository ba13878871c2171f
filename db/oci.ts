// What the OCI routes read and write. Each read is one query; `undefined` where the viewer sees no such profile.
import { and, desc, eq, isNull, notInArray, type SQL, sql } from 'drizzle-orm';
import { type AnySQLiteColumn, alias } from 'drizzle-orm/sqlite-core';
import { createdAnnotation, type Digest, latestChannel, type OciManifest } from '../trust/index.ts';
import type { Database } from './database.ts';
import { prepared } from './prepared.ts';
import { isNamed, type Profile } from './profiles.ts';
import {
  bundleCheckpoints,
  channels,
  contents,
  ociManifests,
  profiles,
  versions,
} from './schema.ts';
import { type Viewer, viewerValues } from './viewer.ts';

/** A profile of a team. */
interface Path {
  team: string;
  name: string;
}

/** What is found in a profile. */
interface Found {
  visibility: Profile['visibility'];
}

/** The columns of a manifest that are served. */
const served = {
  role: ociManifests.role,
  digest: ociManifests.digest,
  text: ociManifests.text,
  layer: ociManifests.layer,
};

/** The statement that stores manifests of a version, in the transaction that stores the version or later; none twice. */
export function insertManifests(
  db: Database,
  { team, name, version }: Path & { version: string },
  manifests: readonly (OciManifest & { layerText?: string })[],
) {
  const profile = sql`(SELECT ${profiles.id} FROM ${profiles}
    WHERE ${profiles.team} = ${team} AND ${profiles.name} = ${name})`;
  const versionId = sql`(SELECT ${versions.id} FROM ${versions}
    WHERE ${versions.profileId} = ${profile} AND ${versions.version} = ${version})`;
  return db
    .insert(ociManifests)
    .values(manifests.map((one) => ({ ...one, profileId: profile, versionId })))
    .onConflictDoNothing();
}

/** The condition that a manifest is of the profile and has the digest in the column `digest`. */
const ofProfile = (profileId: AnySQLiteColumn, digest: AnySQLiteColumn) =>
  and(eq(profileId, profiles.id), eq(digest, sql.placeholder('digest')));

const byDigest = prepared((db) =>
  db
    .select({ visibility: profiles.visibility, manifest: served })
    .from(profiles)
    .leftJoin(ociManifests, ofProfile(ociManifests.profileId, ociManifests.digest))
    .where(isNamed),
);

/** A manifest by its digest; null if the profile has none. */
export async function findManifest(
  db: Database,
  viewer: Viewer,
  { team, name, digest }: Path & { digest: Digest },
): Promise<(Found & { manifest: OciManifest | null }) | undefined> {
  return byDigest(db).get({ team, name, digest, ...viewerValues(viewer) });
}

/** The tag of the latest version, as SQL. */
const latestTag = sql.raw(`'${latestChannel}'`);

/** The version that a tag names, a version's number or a channel, as an expression. */
const taggedVersion: SQL<string | null> = sql`coalesce(${sql.placeholder('version')},
  CASE WHEN ${sql.placeholder('channel')} = ${latestTag} THEN ${profiles.latest}
  ELSE (SELECT ${channels.version} FROM ${channels}
    WHERE ${channels.profileId} = ${profiles.id} AND ${channels.name} = ${sql.placeholder('channel')}) END)`;

const byTag = prepared((db) =>
  db
    .select({ visibility: profiles.visibility, version: versions.version, manifest: served })
    .from(profiles)
    .leftJoin(
      versions,
      and(
        eq(versions.profileId, profiles.id),
        eq(versions.version, taggedVersion),
        isNull(versions.yankReason),
      ),
    )
    .leftJoin(
      ociManifests,
      and(eq(ociManifests.versionId, versions.id), eq(ociManifests.role, 'artifact')),
    )
    .where(isNamed),
);

/**
 * The version that a tag names, with its artifact; `tag` has a version's number or a channel. The version is null if the
 * tag names none that is not yanked; the artifact is null for a version that is older than the table of manifests.
 */
export async function findTagged(
  db: Database,
  viewer: Viewer,
  { team, name, tag }: Path & { tag: { version: string } | { channel: string } },
): Promise<(Found & { version: string | null; manifest: OciManifest | null }) | undefined> {
  const selected = { version: null, channel: null, ...tag };
  return byTag(db).get({ team, name, ...selected, ...viewerValues(viewer) });
}

const byLayer = prepared((db) =>
  db
    .select({
      visibility: profiles.visibility,
      role: ociManifests.role,
      text: sql<
        string | null
      >`CASE WHEN ${ociManifests.role} IN ('proof', 'bundle') THEN ${ociManifests.layerText}
        WHEN ${ociManifests.role} = 'envelope' THEN ${versions.envelope} ELSE ${contents.text} END`,
    })
    .from(profiles)
    .leftJoin(ociManifests, ofProfile(ociManifests.profileId, ociManifests.layer))
    .leftJoin(versions, eq(versions.id, ociManifests.versionId))
    .leftJoin(contents, eq(contents.digest, ociManifests.layer))
    .where(isNamed)
    .limit(1),
);

/** The text of a layer by its digest; null if no manifest of the profile has it. */
export async function findLayer(
  db: Database,
  viewer: Viewer,
  { team, name, digest }: Path & { digest: Digest },
): Promise<(Found & { text: string | null }) | undefined> {
  const found = await byLayer(db).get({ team, name, digest, ...viewerValues(viewer) });
  if (!found) return undefined;
  const { visibility, role, text } = found;
  if (role !== null && text === null) throw new Error(`the layer ${digest} is missing`);
  return { visibility, text };
}

const last = sql.placeholder('last');
const limit = sql.placeholder('limit');

const tagsOfProfile = prepared((db) =>
  db
    .select({
      tags: sql<string>`(SELECT json_group_array(tag) FROM (
        SELECT tag FROM (
          SELECT * FROM (SELECT one.version AS tag FROM ${versions} AS one
            WHERE one.profile_id = profiles.id AND one.yank_reason IS NULL AND one.version > ${last}
            ORDER BY one.version LIMIT ${limit})
          UNION ALL
          SELECT moved.name FROM ${channels} AS moved JOIN ${versions} AS one
            ON one.profile_id = moved.profile_id AND one.version = moved.version
            WHERE moved.profile_id = profiles.id AND one.yank_reason IS NULL AND moved.name > ${last}
          UNION ALL
          SELECT ${latestTag} FROM ${versions} AS one
            WHERE one.profile_id = profiles.id AND one.version = profiles.latest
              AND one.yank_reason IS NULL AND ${latestTag} > ${last})
        ORDER BY tag LIMIT ${limit}))`,
    })
    .from(profiles)
    .where(isNamed),
);

/** The tags of a profile after `last`, in the order of their bytes, at most `limit`. */
export async function listTags(
  db: Database,
  viewer: Viewer,
  { team, name, last, limit }: Path & { last: string; limit: number },
): Promise<string[] | undefined> {
  const found = await tagsOfProfile(db).get({ team, name, last, limit, ...viewerValues(viewer) });
  return found && JSON.parse(found.tags);
}

const subject = alias(ociManifests, 'subject');

/** The newest checkpoint of bundles, as JSON. */
const newestCheckpoint = sql<string | null>`(SELECT json_object('size', ${bundleCheckpoints.size},
  'createdAt', ${bundleCheckpoints.createdAt}) FROM ${bundleCheckpoints}
  WHERE ${bundleCheckpoints.size} >= 0 ORDER BY ${bundleCheckpoints.size} DESC LIMIT 1)`;

const referrersOf = prepared((db) =>
  db
    .select({
      blind: profiles.blind,
      checkpoint: newestCheckpoint,
      version: { version: versions.version, logIndex: versions.logIndex },
      subject: {
        role: subject.role,
        digest: subject.digest,
        text: subject.text,
        layer: subject.layer,
      },
      referrer: served,
    })
    .from(profiles)
    .leftJoin(
      subject,
      and(ofProfile(subject.profileId, subject.digest), eq(subject.role, 'artifact')),
    )
    .leftJoin(versions, eq(versions.id, subject.versionId))
    .leftJoin(
      ociManifests,
      and(
        eq(ociManifests.versionId, subject.versionId),
        sql`${ociManifests.role} IN ('envelope', 'proof', 'bundle')`,
      ),
    )
    .where(isNamed)
    .orderBy(ociManifests.role),
);

/** An artifact with its version and what refers to it. */
export interface Referred {
  artifact: OciManifest;
  version: string;
  logIndex: number;
  /** The blinding factor of the profile's name in the log. */
  blind: string | null;
  /** The newest checkpoint of bundles, if there is one. */
  checkpoint: { size: number; createdAt: string } | undefined;
  referrers: OciManifest[];
}

/** What refers to an artifact, by its digest; null if the profile has no such artifact. */
export async function findReferrers(
  db: Database,
  viewer: Viewer,
  { team, name, digest }: Path & { digest: Digest },
): Promise<Referred | null | undefined> {
  const rows = await referrersOf(db).all({ team, name, digest, ...viewerValues(viewer) });
  const [first] = rows;
  if (!first) return undefined;
  const { subject: artifact, version, blind, checkpoint } = first;
  if (!artifact || !version) return null;
  return {
    ...{ artifact, ...version, blind },
    checkpoint: checkpoint === null ? undefined : JSON.parse(checkpoint),
    referrers: rows.flatMap(({ referrer }) => referrer ?? []),
  };
}

/** Stores the proof of a version, `layerText` being the text of its layer, unless the version has one. */
export async function saveProof(
  db: Database,
  version: Path & { version: string },
  proof: OciManifest & { layerText: string },
): Promise<void> {
  await insertManifests(db, version, [proof]);
}

/** Stores a bundle of a version, and removes those before the newest two: a client may be copying the one before. */
export async function saveBundle(
  db: Database,
  { team, name, version }: Path & { version: string },
  bundle: OciManifest & { layerText: string },
): Promise<void> {
  const created = sql`${ociManifests.text} ->> ${`$.annotations."${createdAnnotation}"`}`;
  const isOwn = and(
    eq(
      ociManifests.versionId,
      sql`(SELECT one.id FROM ${versions} AS one JOIN ${profiles} ON ${profiles.id} = one.profile_id
        WHERE ${profiles.team} = ${team} AND ${profiles.name} = ${name} AND one.version = ${version})`,
    ),
    eq(ociManifests.role, 'bundle'),
  );
  const newest = db
    .select({ digest: ociManifests.digest })
    .from(ociManifests)
    .where(isOwn)
    .orderBy(desc(created))
    .limit(2);
  await db.batch([
    insertManifests(db, { team, name, version }, [bundle]),
    db.delete(ociManifests).where(and(isOwn, notInArray(ociManifests.digest, newest))),
  ]);
}
