import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import type { Digest, Manifest } from '../trust/index.ts';

/** Times are ISO 8601 in UTC, as the API shows them. */
const createdAt = () => text().notNull();

export const teams = sqliteTable('teams', {
  name: text().primaryKey(),
  createdAt: createdAt(),
});

/** Publisher keys. A key belongs to one team; the same key may be registered by several. */
export const keys = sqliteTable(
  'keys',
  {
    team: text()
      .notNull()
      .references(() => teams.name),
    /** `sha256:<hex>` of the SubjectPublicKeyInfo. */
    keyId: text().$type<Digest>().notNull(),
    /** Base64 of the SubjectPublicKeyInfo. */
    publicKey: text().notNull(),
    /** What its owner calls it. */
    label: text().notNull(),
    /** The DSSE envelope by which an older key of the team vouches for it, as JSON; the first has none. */
    endorsement: text(),
    createdAt: createdAt(),
    logIndex: integer().notNull(),
    /** Null while the key is good. */
    revokedAt: text(),
    revocationLogIndex: integer(),
  },
  (table) => [primaryKey({ columns: [table.team, table.keyId] })],
);

/** API tokens: only a hash is kept. A token without a team is the administrator's. */
export const tokens = sqliteTable(
  'tokens',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** Hexadecimal SHA-256 of the token. */
    hash: text().notNull().unique(),
    label: text().notNull(),
    team: text().references(() => teams.name),
    createdAt: createdAt(),
  },
  (table) => [index('tokens_team').on(table.team)],
);

export const profiles = sqliteTable(
  'profiles',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    team: text()
      .notNull()
      .references(() => teams.name),
    name: text().notNull(),
    createdAt: createdAt(),
    /** The highest release that is not yanked, or else the highest of all; the two below are its own. */
    latest: text().notNull(),
    description: text().notNull(),
    images: text({ mode: 'json' }).$type<string[]>().notNull(),
  },
  (table) => [unique('profiles_path').on(table.team, table.name)],
);

/** Profiles' text, which is UTF-8 without NUL and so exact; apart so that lists of versions stay small. */
export const contents = sqliteTable('contents', {
  digest: text().$type<Digest>().primaryKey(),
  text: text().notNull(),
});

/** Written once and never changed. */
export const versions = sqliteTable(
  'versions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    profileId: integer()
      .notNull()
      .references(() => profiles.id),
    version: text().notNull(),
    /** Sorts as semantic versions do (trust/version.ts). */
    precedence: text().notNull(),
    prerelease: integer({ mode: 'boolean' }).notNull(),
    digest: text()
      .$type<Digest>()
      .notNull()
      .references(() => contents.digest),
    /** Bytes of the profile. */
    size: integer().notNull(),
    /** The DSSE envelope, as JSON. */
    envelope: text().notNull(),
    /** The keys whose signatures were checked on upload. */
    signers: text({ mode: 'json' }).$type<Digest[]>().notNull(),
    /** What its publisher says of it, from the signed statement. */
    manifest: text({ mode: 'json' }).$type<Manifest>().notNull(),
    publishedAt: text().notNull(),
    logIndex: integer().notNull(),
    /** Why it should not be chosen any more; null while it may be. */
    yankReason: text(),
  },
  (table) => [
    unique('versions_version').on(table.profileId, table.version),
    index('versions_precedence').on(table.profileId, sql`${table.precedence} desc`),
    index('versions_digest').on(table.profileId, table.digest),
  ],
);

/** Movable names for versions. */
export const channels = sqliteTable(
  'channels',
  {
    profileId: integer()
      .notNull()
      .references(() => profiles.id),
    name: text().notNull(),
    version: text().notNull(),
    movedAt: text().notNull(),
    logIndex: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.profileId, table.name] })],
);

/** The transparency log's entries. The primary key is what keeps two writers from one place in the log. */
export const logEntries = sqliteTable('log_entries', {
  index: integer().primaryKey(),
  /** The entry's exact bytes: canonical JSON. */
  data: text().notNull(),
});

/** The log's Merkle tree as C2SP tlog-tiles cuts it; a tile grows until it has 256 hashes. */
export const logTiles = sqliteTable(
  'log_tiles',
  {
    level: integer().notNull(),
    index: integer().notNull(),
    /** Hexadecimal, one after the other: text that SQL can append to. */
    hashes: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.index] })],
);

/** The state of the log after the last entry: one row. */
export const logHead = sqliteTable('log_head', {
  id: integer().primaryKey(),
  size: integer().notNull(),
  /** The hashes of the complete subtrees, hexadecimal. */
  frontier: text().notNull(),
  /** The checkpoint, signed by the log's key. */
  checkpoint: text().notNull(),
});
