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
    keyId: text().notNull(),
    /** Base64 of the SubjectPublicKeyInfo. */
    publicKey: text().notNull(),
    /** What its owner calls it. */
    label: text().notNull(),
    createdAt: createdAt(),
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
    /** The highest version that is no pre-release, or the highest of all; the two below are its own. */
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
    signers: text({ mode: 'json' }).$type<string[]>().notNull(),
    /** What its publisher says of it, from the signed statement. */
    manifest: text({ mode: 'json' }).$type<Manifest>().notNull(),
    publishedAt: text().notNull(),
  },
  (table) => [
    unique('versions_version').on(table.profileId, table.version),
    index('versions_precedence').on(
      table.profileId,
      table.prerelease,
      sql`${table.precedence} desc`,
    ),
    index('versions_digest').on(table.profileId, table.digest),
  ],
);
