// What packages need of others, and which packages need them.
import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm';
import { type Manifest, maxAvailable, requirementsOf, splitPath } from '../trust/index.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { prepared } from './prepared.ts';
import { isNamed } from './profiles.ts';
import { contents, dependencies, profiles, versions } from './schema.ts';
import { parseVariants, type VariantText, variantTexts } from './variants.ts';
import { type Viewer, viewerValues, visibleToViewer } from './viewer.ts';

const available = prepared((db) =>
  db
    .select({ version: versions.version })
    .from(versions)
    .innerJoin(profiles, eq(profiles.id, versions.profileId))
    .where(and(isNamed, isNull(versions.yankReason)))
    .orderBy(desc(versions.precedence))
    .limit(maxAvailable),
);

/** The versions of a package that are not yanked, highest first; `undefined` if the viewer sees none. */
export async function availableVersions(
  db: Database,
  viewer: Viewer,
  path: string,
): Promise<string[] | undefined> {
  const found = await available(db).all({ ...splitPath(path), ...viewerValues(viewer) });
  return found.length > 0 ? found.map(({ version }) => version) : undefined;
}

/** A version that another package needs. */
export interface NeededVersion {
  manifest: Manifest;
  /** The text, or that of the first variant. */
  text: string;
  /** All variants; empty without. */
  variants: VariantText[];
}

const needed = prepared((db) =>
  db
    .select({ manifest: versions.manifest, text: contents.text, variants: variantTexts })
    .from(versions)
    .innerJoin(profiles, eq(profiles.id, versions.profileId))
    .innerJoin(contents, eq(contents.digest, versions.digest))
    .where(and(isNamed, eq(versions.version, sql.placeholder('version')))),
);

/** A version's manifest and texts. */
export async function findNeededVersion(
  db: Database,
  viewer: Viewer,
  path: string,
  version: string,
): Promise<NeededVersion | undefined> {
  const row = await needed(db).get({ ...splitPath(path), version, ...viewerValues(viewer) });
  return row && { ...row, variants: parseVariants(row.variants) };
}

/** The statements that store what a stored version needs. */
export function insertDependencies(
  db: Database,
  of: { team: string; name: string; version: string; manifest: Manifest },
): Statement[] {
  const profileId = sql`(SELECT ${profiles.id} FROM ${profiles}
    WHERE ${profiles.team} = ${of.team} AND ${profiles.name} = ${of.name})`;
  const versionId = sql`(SELECT ${versions.id} FROM ${versions}
    WHERE ${versions.profileId} = ${profileId} AND ${versions.version} = ${of.version})`;
  return requirementsOf('', of.manifest).map(({ path, range }) =>
    db.insert(dependencies).values({ ...splitPath(path), profileId, versionId, range }),
  );
}

/** A package whose latest version needs another one. */
export interface Dependent {
  /** The place in the list. */
  id: number;
  team: string;
  name: string;
  version: string;
  range: string;
}

const dependents = prepared((db) =>
  db
    .select({
      id: profiles.id,
      team: profiles.team,
      name: profiles.name,
      version: versions.version,
      range: dependencies.range,
    })
    .from(dependencies)
    .innerJoin(profiles, eq(profiles.id, dependencies.profileId))
    .innerJoin(
      versions,
      and(eq(versions.id, dependencies.versionId), eq(versions.version, profiles.latest)),
    )
    .where(
      and(
        eq(dependencies.team, sql.placeholder('team')),
        eq(dependencies.name, sql.placeholder('name')),
        gt(dependencies.profileId, sql.placeholder('after')),
        visibleToViewer(),
      ),
    )
    .orderBy(asc(dependencies.profileId))
    .limit(sql.placeholder('limit')),
);

/** The packages that the viewer may see and whose latest versions need this one, after the place `after`. */
export function listDependents(
  db: Database,
  viewer: Viewer,
  { team, name, after, limit }: { team: string; name: string; after: number; limit: number },
): Promise<Dependent[]> {
  return dependents(db).all({ team, name, after, limit, ...viewerValues(viewer) });
}
