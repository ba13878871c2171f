import { asc, eq, inArray, ne, sql } from 'drizzle-orm';
import { releases } from '../policy/index.ts';
import type { Digest } from '../trust/index.ts';
import type { Database } from './database.ts';
import { writeOrConfirm } from './outcome.ts';
import { prepared } from './prepared.ts';
import { baseContents, bases } from './schema.ts';

/** A base policy and the release that it is the current one of. */
export type Base = Awaited<ReturnType<typeof listBases>>[number];

/** The query of {@link findBase}. */
const baseOfRelease = prepared((db) =>
  selectBases(db).where(eq(bases.release, sql.placeholder('release'))),
);

/** The query of {@link listBases}. */
export const allBases = prepared((db) =>
  selectBases(db).where(inArray(bases.release, releases)).orderBy(asc(bases.release)),
);

/** The query of {@link findBaseContent}. */
const contentByDigest = prepared((db) =>
  db
    .select({ text: baseContents.text })
    .from(baseContents)
    .where(eq(baseContents.digest, sql.placeholder('digest'))),
);

/**
 * Makes a base policy the current one of its release; the previous one stays readable by its digest. Returns `false`, and
 * changes nothing, if it is the current one already.
 */
export async function putBase(db: Database, base: Base & { text: string }): Promise<boolean> {
  const { release, digest, files, bytes, createdAt, text } = base;
  return writeOrConfirm(
    async () => {
      const [, made] = await db.batch([
        db.insert(baseContents).values({ digest, files, bytes, text }).onConflictDoNothing(),
        db
          .insert(bases)
          .values({ release, digest, createdAt })
          .onConflictDoUpdate({
            target: bases.release,
            set: { digest, createdAt },
            setWhere: ne(bases.digest, digest),
          }),
      ]);
      return made.rowsAffected > 0;
    },
    async () => {
      const found = await findBase(db, release);
      return (found?.digest === digest && found.createdAt === createdAt) || undefined;
    },
  );
}

/** The current base policy of a release. */
export async function findBase(db: Database, release: string): Promise<Base | undefined> {
  return baseOfRelease(db).get({ release });
}

/** The current base policies, by release. */
export async function listBases(db: Database) {
  return allBases(db).all();
}

/** The content of a base policy, current or not. */
export async function findBaseContent(db: Database, digest: Digest): Promise<string | undefined> {
  return (await contentByDigest(db).get({ digest }))?.text;
}

function selectBases(db: Database) {
  return db
    .select({
      release: bases.release,
      digest: bases.digest,
      files: baseContents.files,
      bytes: baseContents.bytes,
      createdAt: bases.createdAt,
    })
    .from(bases)
    .innerJoin(baseContents, eq(baseContents.digest, bases.digest));
}
