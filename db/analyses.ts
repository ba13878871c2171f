// The analysis of each version: derived from its text and manifest by worker/analysis when it is published, and stored
// in the same transaction.
import { and, asc, eq, gte, lt, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { Grade } from '../policy/index.ts';
import type { Manifest } from '../trust/index.ts';
import type { Database } from './database.ts';
import type { Statement } from './log.ts';
import { isLatest } from './profiles.ts';
import {
  analyses,
  contents,
  profiles,
  type StoredDiagnostic,
  searchDocuments,
  versions,
} from './schema.ts';
import { indexProfile, indexVersion, storeSearchDocument } from './search-index.ts';
import { parseVariants, type VariantText, variantTexts } from './variants.ts';

/** The version of the analysis. Raise it when its results change: stored results of older versions are recomputed. */
export const analysisVersion = 5;

/** The analysis as pages and responses show it. */
export interface StoredAnalysis {
  needs: string;
  unseen: string[];
  diagnostics: StoredDiagnostic[];
  /** How many more diagnostics there are. */
  omitted: number;
  /** How many findings comments suppress. */
  suppressed: number;
  /** The lint grade; null until the version is indexed. */
  grade: Grade | null;
  /** The README as HTML. */
  readme: string | null;
}

const { needs, unseen, diagnostics, omitted, suppressed, readme } = analyses;

/** The columns of a {@link StoredAnalysis}. */
export const analysisColumns = {
  ...{ needs, unseen, diagnostics, omitted, suppressed, readme },
  grade: sql<Grade | null>`(SELECT ${searchDocuments.grade} FROM ${searchDocuments}
    WHERE ${searchDocuments.versionId} = ${analyses.versionId})`,
};

/** The join of a version with its analysis, if there is a current one. */
export const isCurrentAnalysis = and(
  eq(analyses.versionId, versions.id),
  gte(analyses.analysisVersion, analysisVersion),
);

/** The whole analysis of a package. */
export interface Analysis extends StoredAnalysis {
  grade: Grade;
  /** The words of the search index. */
  words: string;
}

/** A published package, the input of an analysis. */
export interface Package {
  team: string;
  name: string;
  manifest: Manifest;
  /** The text of the profile, or of its first variant. */
  text: string;
  /** The texts of further variants. */
  others?: readonly string[] | undefined;
  readme: string | undefined;
  /** The packages that it needs, as far as they are known; none without dependencies. */
  needed?: readonly NeededText[] | undefined;
}

/** The text of a package that another one needs. */
export interface NeededText {
  /** `team/name`. */
  path: string;
  /** The text, or that of the first variant. */
  text: string;
  /** All variants; empty without. */
  variants: readonly VariantText[];
}

/** A version with its analysis. */
export interface Analysed extends Pick<Package, 'team' | 'name' | 'manifest'> {
  version: string;
  analysis: Analysis;
}

/** The statements that store the analysis of a stored version. */
export function storeAnalysis(db: Database, analysed: Analysed): Statement[] {
  const { team, name, version } = analysed;
  const { words, grade, needs, unseen, diagnostics, omitted, suppressed, readme } =
    analysed.analysis;
  const stored = { analysisVersion, needs, unseen, diagnostics, omitted, suppressed, readme };
  const versionId = sql`(SELECT ${versions.id} FROM ${versions} JOIN ${profiles}
    ON ${profiles.id} = ${versions.profileId} WHERE ${profiles.team} = ${team}
    AND ${profiles.name} = ${name} AND ${versions.version} = ${version})`;
  return [
    db
      .insert(analyses)
      .values({ versionId, ...stored })
      .onConflictDoUpdate({ target: analyses.versionId, set: stored }),
    ...storeSearchDocument(db, { ...analysed, words, grade }),
  ];
}

/** Stores the analysis of a version that was published earlier. */
export async function saveAnalysis(db: Database, analysed: Analysed): Promise<void> {
  const { team, name } = analysed;
  const statements = [...storeAnalysis(db, analysed), ...indexProfile(db, team, name)];
  await db.batch(statements as [Statement, ...Statement[]]);
}

/**
 * Analyses up to `limit` versions without a current analysis, each in its own transaction, and returns their number.
 * Profiles with an outdated search index come first. It can run beside requests and be interrupted at any time.
 */
export async function reanalyse(
  db: Database,
  limit: number,
  analyse: (pack: Package) => Promise<Analysis>,
): Promise<number> {
  const stale = await findUnindexed(db, limit);
  if (stale.length === 0) stale.push(...(await findStale(db, limit)));
  for (const { version, readme, variants, ...pack } of stale) {
    const others = parseVariants(variants)
      .slice(1)
      .map(({ text }) => text);
    const analysis = await analyse({ ...pack, others, readme: readme ?? undefined });
    await saveAnalysis(db, { ...pack, version, analysis });
    // Let waiting requests run first.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return stale.length;
}

const readmes = alias(contents, 'readmes');
const isReadme = sql`${readmes.digest} = ${versions.manifest} ->> 'readme'`;

const columns = {
  team: profiles.team,
  name: profiles.name,
  version: versions.version,
  manifest: versions.manifest,
  text: contents.text,
  readme: readmes.text,
  variants: variantTexts,
};

/** The latest versions of profiles whose search index is out of date. */
function findUnindexed(db: Database, limit: number) {
  return db
    .select(columns)
    .from(profiles)
    .innerJoin(versions, isLatest)
    .innerJoin(contents, eq(contents.digest, versions.digest))
    .leftJoin(readmes, isReadme)
    .where(lt(profiles.indexVersion, indexVersion))
    .orderBy(asc(profiles.indexVersion))
    .limit(limit);
}

function findStale(db: Database, limit: number) {
  return db
    .select(columns)
    .from(analyses)
    .innerJoin(versions, eq(versions.id, analyses.versionId))
    .innerJoin(profiles, eq(profiles.id, versions.profileId))
    .innerJoin(contents, eq(contents.digest, versions.digest))
    .leftJoin(readmes, isReadme)
    .where(lt(analyses.analysisVersion, analysisVersion))
    .orderBy(asc(analyses.analysisVersion))
    .limit(limit);
}
