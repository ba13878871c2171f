import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import { grades } from '../policy/index.ts';
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

/** People who use the registry. What they may do comes from their memberships. */
export const users = sqliteTable('users', {
  name: text().primaryKey(),
  /** Whether they run the registry: they may do everything in every team. */
  admin: integer({ mode: 'boolean' }).notNull(),
  createdAt: createdAt(),
});

/** What a member may do in a team, least first; each may do what those before it may. */
export const roles = ['reader', 'publisher', 'owner'] as const;
export type Role = (typeof roles)[number];

export const memberships = sqliteTable(
  'memberships',
  {
    team: text()
      .notNull()
      .references(() => teams.name),
    user: text()
      .notNull()
      .references(() => users.name),
    role: text({ enum: roles }).notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.team, table.user] }),
    index('memberships_user').on(table.user),
  ],
);

/** The most that a token may be used for, least first. */
export const scopes = ['read', 'publish', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/**
 * API tokens: only a hash is kept. A token with a user may do what the user may; one with a team alone is the
 * team's own; one with neither is the administrator's. Scope, team and profile narrow that.
 */
export const tokens = sqliteTable(
  'tokens',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** Hexadecimal SHA-256 of the token. */
    hash: text().notNull().unique(),
    label: text().notNull(),
    team: text().references(() => teams.name),
    createdAt: createdAt(),
    user: text().references(() => users.name),
    /** The only profile of the team that it is good for; null when for all. */
    profile: text(),
    /** The default is what tokens could do before there were scopes. */
    scope: text({ enum: scopes }).notNull().default('admin'),
    expiresAt: text(),
    revokedAt: text(),
    /** Written now and then, not at every use. */
    lastUsedAt: text(),
    /** The digest of the OpenID Connect token that it was made for, which is good once. */
    origin: text().unique(),
  },
  (table) => [
    index('tokens_expiry').on(table.expiresAt).where(sql`origin IS NOT NULL`),
    index('tokens_team').on(table.team),
    index('tokens_user').on(table.user),
  ],
);

/**
 * What a team lets publish without a stored secret: a repository's CI, by the OpenID Connect token that its
 * provider makes for it.
 */
export const trustedPublishers = sqliteTable(
  'trusted_publishers',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    team: text()
      .notNull()
      .references(() => teams.name),
    /** The only profile it may publish; null for all of the team's. */
    profile: text(),
    /** The provider, by its issuer's address. */
    issuer: text().notNull(),
    /** As the provider names it: `owner/name`, `group/subgroup/project`. */
    repository: text().notNull(),
    /** The provider's number for it, from the first time on: a name can be given to another's repository. */
    repositoryId: text(),
    /** The branch that may publish. */
    branch: text().notNull(),
    /** The deployment environment that the job must run in; null for any. */
    environment: text(),
    createdAt: createdAt(),
  },
  (table) => [
    index('trusted_publishers_team').on(table.team),
    index('trusted_publishers_repository').on(table.issuer, table.repository),
  ],
);

export const visibilities = ['public', 'private'] as const;
export type Visibility = (typeof visibilities)[number];

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
    /** A private profile is there for its team only. */
    visibility: text({ enum: visibilities }).notNull().default('public'),
    /**
     * Hexadecimal; blinds the profile's name in the log while it is private (trust/log/entry.ts). Null for those
     * that were always public.
     */
    blind: text(),
    /** Why it should not be used any more; null while it may be. */
    deprecation: text(),
    /** The `team/name` to use in its place. */
    replacement: text(),
    /** The team that goes on with it, since it was transferred: nothing is published here any more. */
    movedTo: text().references(() => teams.name),
    /** Grows with every change of what is not a version: what `If-Match` compares. */
    revision: integer().notNull().default(1),
    /** By which version of the search index it was indexed; 0 when it is to be indexed again. */
    indexVersion: integer().notNull().default(0),
  },
  (table) => [
    unique('profiles_path').on(table.team, table.name),
    index('profiles_index_version').on(table.indexVersion),
  ],
);

/** Profiles and READMEs, which are UTF-8 without NUL and so exact as text; apart so that lists of versions stay small. */
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

/** The newest checkpoint that witnesses have cosigned: one row; none before the first is. */
export const logCosigned = sqliteTable('log_cosigned', {
  id: integer().primaryKey(),
  size: integer().notNull(),
  /** The checkpoint, signed by the log's key. */
  checkpoint: text().notNull(),
  /** The witnesses' signature lines. */
  cosignatures: text().notNull(),
  /** The largest tree that witnesses were asked about to the end, whether or not they have cosigned it. */
  askedSize: integer().notNull(),
});

/**
 * What a team has stored and may store: counted in the transaction that stores it. A limit that is null is the
 * registry's own; a team without a row has stored nothing.
 */
export const quotas = sqliteTable('quotas', {
  team: text()
    .primaryKey()
    .references(() => teams.name),
  profiles: integer().notNull().default(0),
  versions: integer().notNull().default(0),
  /** Of profiles and envelopes, whether or not the same bytes are stored for another version too. */
  bytes: integer().notNull().default(0),
  maxProfiles: integer(),
  maxVersions: integer(),
  maxBytes: integer(),
  /** Changes other than versions on `changesDay`, a day in UTC as `2026-01-31`. */
  changes: integer().notNull().default(0),
  changesDay: text(),
  maxChanges: integer(),
  maxTokens: integer(),
  maxWebhooks: integer(),
});

/** Where a team wants to be told of what happens to its profiles. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    team: text()
      .notNull()
      .references(() => teams.name),
    url: text().notNull(),
    /** `whsec_` and base64: what deliveries are signed with. */
    secret: text().notNull(),
    createdAt: createdAt(),
  },
  (table) => [index('webhooks_team').on(table.team)],
);

/** The outbox: what webhooks are to be told, written in the transaction of what it tells of. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    webhookId: integer()
      .notNull()
      .references(() => webhooks.id),
    /** The same at every attempt, so that a receiver can tell that it has it already. */
    messageId: text().notNull(),
    kind: text().notNull(),
    /** The exact bytes that are sent: JSON. */
    payload: text().notNull(),
    createdAt: createdAt(),
    attempts: integer().notNull().default(0),
    /** Null when nothing more is to be done. */
    nextAttemptAt: text(),
    lastAttemptAt: text(),
    /** The HTTP status of the last answer, if there was one. */
    lastStatus: integer(),
    lastError: text(),
    deliveredAt: text(),
    gaveUpAt: text(),
  },
  (table) => [
    index('deliveries_next')
      .on(table.webhookId, table.nextAttemptAt)
      .where(sql`${table.nextAttemptAt} IS NOT NULL`),
    index('deliveries_webhook').on(table.webhookId, table.id),
    index('deliveries_created').on(table.createdAt),
  ],
);

/**
 * What a version is found by, once it is its profile's latest (search-index.ts); the index itself is the FTS5
 * table `search`, with a row for each profile.
 */
export const searchDocuments = sqliteTable('search_documents', {
  versionId: integer()
    .primaryKey()
    .references(() => versions.id),
  /** The words of the index, each once. */
  words: text().notNull(),
  grade: text({ enum: grades }).notNull(),
  /** By which version of the index it was made. */
  indexVersion: integer().notNull(),
});

/** What a finding of lint is stored as: what the API shows of it. Lines and columns count from 1. */
export interface StoredDiagnostic {
  id: string;
  severity: 'error' | 'warning' | 'info';
  message: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  expected?: string | undefined;
  suggestion?: string | undefined;
}

/** The results of analysing a version when it was published (worker/analysis). Derived data: it can be recomputed. */
export const analyses = sqliteTable(
  'analyses',
  {
    versionId: integer()
      .primaryKey()
      .references(() => versions.id),
    /** By which version of the analysis it was made; 0 when it is still to be made. */
    analysisVersion: integer().notNull(),
    /** The lowest AppArmor release that knows all that the profile uses. */
    needs: text().notNull(),
    /** Includes that lint had no sight of. */
    unseen: text({ mode: 'json' }).$type<string[]>().notNull(),
    diagnostics: text({ mode: 'json' }).$type<StoredDiagnostic[]>().notNull(),
    /** How many more diagnostics there are. */
    omitted: integer().notNull(),
    /** The README as HTML; null without one, and when it is more than a page shows. */
    readme: text(),
  },
  (table) => [index('analyses_version').on(table.analysisVersion)],
);

/** Words that can be found, by what is left of them without one of their letters: how misspelt ones find them. */
export const searchSpellings = sqliteTable(
  'search_spellings',
  { spelling: text().notNull(), word: text().notNull() },
  (table) => [primaryKey({ columns: [table.spelling, table.word] })],
);

/** Requests that made something under an Idempotency-Key, for a day: so that the same again makes nothing more. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    tokenId: integer()
      .notNull()
      .references(() => tokens.id),
    key: text().notNull(),
    /** Hexadecimal SHA-256 of what was asked. */
    fingerprint: text().notNull(),
    createdAt: createdAt(),
    /** The answer's status; null while there is none yet. */
    status: integer(),
    /** The answer's body; null where it held a secret. */
    body: text(),
  },
  (table) => [
    primaryKey({ columns: [table.tokenId, table.key] }),
    index('idempotency_keys_created').on(table.createdAt),
  ],
);
