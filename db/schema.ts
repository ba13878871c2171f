import { sql } from 'drizzle-orm';
import {
  type AnySQLiteColumn,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import { grades, releases } from '../policy/index.ts';
import { type Digest, type Manifest, ociRoles } from '../trust/index.ts';

/** Times are ISO 8601 in UTC, as the API shows them. */
const createdAt = () => text().notNull();

/** What a team requires of its new versions; `semver`: one that permits more is a new major version, or says why. */
export const versionPolicies = ['none', 'semver'] as const;
export type VersionPolicy = (typeof versionPolicies)[number];

export const teams = sqliteTable('teams', {
  name: text().primaryKey(),
  createdAt: createdAt(),
  versionPolicy: text({ enum: versionPolicies }).notNull().default('none'),
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
    /** A name for people. */
    label: text().notNull(),
    /** The DSSE envelope with which an older key of the team endorses it, as JSON; null for the first key. */
    endorsement: text(),
    createdAt: createdAt(),
    logIndex: integer().notNull(),
    /** Null while the key is valid. */
    revokedAt: text(),
    revocationLogIndex: integer(),
  },
  (table) => [primaryKey({ columns: [table.team, table.keyId] })],
);

/** People who use the registry. Their rights come from their memberships. */
export const users = sqliteTable('users', {
  name: text().primaryKey(),
  /** Whether they are administrators, with the role owner in every team. */
  admin: integer({ mode: 'boolean' }).notNull(),
  createdAt: createdAt(),
});

/** The roles of a team's members, lowest first; each includes the rights of those before it. */
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

/** The scopes of tokens, narrowest first; each limits the role that a token can be used in. */
export const scopes = ['read', 'publish', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/**
 * API tokens, by their hashes only. A token with a user has that user's rights, one with only a team is the team's own,
 * and one with neither is an administrator's. Scope, team and profile limit these rights.
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
    /** The only profile of the team that it is valid for; null for all. */
    profile: text(),
    /** The default is for tokens that are older than scopes. */
    scope: text({ enum: scopes }).notNull().default('admin'),
    expiresAt: text(),
    revokedAt: text(),
    /** Accurate to ten minutes. */
    lastUsedAt: text(),
    /** The digest of the OpenID Connect token it was exchanged for; unique, since each can be exchanged once. */
    origin: text().unique(),
  },
  (table) => [
    index('tokens_expiry').on(table.expiresAt).where(sql`origin IS NOT NULL`),
    index('tokens_team').on(table.team),
    index('tokens_user').on(table.user),
  ],
);

/** Repositories whose CI can publish for a team without a stored secret, with the OpenID Connect tokens of its jobs. */
export const trustedPublishers = sqliteTable(
  'trusted_publishers',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    team: text()
      .notNull()
      .references(() => teams.name),
    /** The only profile that it may publish; null for all of the team. */
    profile: text(),
    /** The URL of the OpenID Connect provider. */
    issuer: text().notNull(),
    /** The provider's name of it: `owner/name`, `group/subgroup/project`. */
    repository: text().notNull(),
    /** The provider's id of it, once it has published: its name may later belong to another repository. */
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
    /** The highest release that is not yanked, or else the highest version; the next three columns are copied from it. */
    latest: text().notNull(),
    /** Its place in the log. */
    published: integer().notNull().default(0),
    description: text().notNull(),
    images: text({ mode: 'json' }).$type<string[]>().notNull(),
    /** A private profile is visible to its team only. */
    visibility: text({ enum: visibilities }).notNull().default('public'),
    /**
     * Hexadecimal; blinds the profile's name in the log while it is private (trust/log/entry.ts). Null if it was never
     * private.
     */
    blind: text(),
    /** Why it is deprecated; null if it is not. */
    deprecation: text(),
    /** The `team/name` to use instead. */
    replacement: text(),
    /** The team that it was transferred to; it accepts no more versions here. */
    movedTo: text().references(() => teams.name),
    /** Incremented by every change except new versions; prevents concurrent changes. */
    revision: integer().notNull().default(1),
    /** The version of the search index that has it; 0 if it must be indexed again. */
    indexVersion: integer().notNull().default(0),
  },
  (table) => [
    unique('profiles_path').on(table.team, table.name),
    index('profiles_index_version').on(table.indexVersion),
    index('profiles_published').on(table.published),
  ],
);

/**
 * The texts of profiles and READMEs: UTF-8 without NUL, so that text is exact. In a table of their own to keep lists of
 * versions small.
 */
export const contents = sqliteTable('contents', {
  digest: text().$type<Digest>().primaryKey(),
  text: text().notNull(),
});

/** A variant of a version: a file for a release and those up to the next variant's. */
export interface StoredVariant {
  /** The oldest release that it is for. */
  from: string;
  digest: Digest;
  /** In bytes. */
  size: number;
}

/** Versions are immutable, except for yanking. */
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
    /** The size of the profile, in bytes; as the digest, that of the first variant if there are several. */
    size: integer().notNull(),
    /** The DSSE envelope, as JSON. */
    envelope: text().notNull(),
    /** The ids of the keys whose signatures were verified on upload. */
    signers: text({ mode: 'json' }).$type<Digest[]>().notNull(),
    /** The manifest from the signed statement. */
    manifest: text({ mode: 'json' }).$type<Manifest>().notNull(),
    publishedAt: text().notNull(),
    logIndex: integer().notNull(),
    /** Why it was yanked; null if it was not. */
    yankReason: text(),
    /** All variants, by ascending release; null for a version with one file for all releases. */
    variants: text({ mode: 'json' }).$type<StoredVariant[]>(),
  },
  (table) => [
    unique('versions_version').on(table.profileId, table.version),
    index('versions_precedence').on(table.profileId, sql`${table.precedence} desc`),
    index('versions_digest').on(table.profileId, table.digest),
    index('versions_log_index').on(table.logIndex),
    index('versions_profile_log_index').on(table.profileId, table.logIndex),
    index('versions_tags')
      .on(table.profileId, table.version)
      .where(sql`${table.yankReason} IS NULL`),
  ],
);

/** The manifests of OCI that versions are served as (trust/oci), by digest. They never change. */
export const ociManifests = sqliteTable(
  'oci_manifests',
  {
    profileId: integer()
      .notNull()
      .references(() => profiles.id),
    digest: text().$type<Digest>().notNull(),
    versionId: integer()
      .notNull()
      .references(() => versions.id),
    role: text({ enum: ociRoles }).notNull(),
    /** The exact bytes: JSON. */
    text: text().notNull(),
    /** The digest of its layer: of a profile's text, of the envelope, or of `layerText`; null for an index. */
    layer: text().$type<Digest>(),
    /** The text of the layer of a proof or a bundle, which is stored nowhere else. */
    layerText: text(),
  },
  (table) => [
    primaryKey({ columns: [table.profileId, table.digest] }),
    index('oci_manifests_layer').on(table.profileId, table.layer),
    index('oci_manifests_version').on(table.versionId, table.role),
    // One proof is made, although several requests may ask for it first.
    uniqueIndex('oci_manifests_proof').on(table.versionId).where(sql`role = 'proof'`),
  ],
);

/** The log's checkpoints that bundles for OCI mirrors are proved under, the newest ones. */
export const bundleCheckpoints = sqliteTable('bundle_checkpoints', {
  size: integer().primaryKey(),
  /** The signed note. */
  note: text().notNull(),
  /** Base64 hashes of the proofs that it extends the checkpoints before it, by their size. */
  consistency: text({ mode: 'json' }).$type<Record<string, string[]>>().notNull(),
  createdAt: text().notNull(),
});

/** The packages that versions need, as their manifests say, by which dependents are found. */
export const dependencies = sqliteTable(
  'dependencies',
  {
    /** The package that is needed, which may not exist any more. */
    team: text().notNull(),
    name: text().notNull(),
    profileId: integer()
      .notNull()
      .references(() => profiles.id),
    versionId: integer()
      .notNull()
      .references(() => versions.id),
    range: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.team, table.name, table.profileId, table.versionId] })],
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

/** The team that an entry of the log is about, as SQL; null if the entry is not JSON. */
export const entryTeam = ({ data }: Record<'data', AnySQLiteColumn>) =>
  sql<string | null>`CASE WHEN json_valid(${data}) THEN ${data} ->> 'team' END`;

/** The log's entries. The primary key prevents two writers from using the same index. */
export const logEntries = sqliteTable(
  'log_entries',
  {
    index: integer().primaryKey(),
    /** The entry's exact bytes: canonical JSON. */
    data: text().notNull(),
  },
  (table) => [index('log_entries_team').on(entryTeam(table))],
);

/** The tiles of the log's Merkle tree (C2SP tlog-tiles); a tile grows to 256 hashes. */
export const logTiles = sqliteTable(
  'log_tiles',
  {
    level: integer().notNull(),
    index: integer().notNull(),
    /** Concatenated and hexadecimal, so that SQL can append to them. */
    hashes: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.index] })],
);

/** The state of the log after the last entry, in one row. */
export const logHead = sqliteTable('log_head', {
  id: integer().primaryKey(),
  size: integer().notNull(),
  /** The hashes of the complete subtrees, hexadecimal. */
  frontier: text().notNull(),
  /** The checkpoint, signed by the log's key. */
  checkpoint: text().notNull(),
});

/** The newest checkpoint that witnesses have cosigned, in one row; none before the first. */
export const logCosigned = sqliteTable('log_cosigned', {
  id: integer().primaryKey(),
  size: integer().notNull(),
  /** The checkpoint, signed by the log's key. */
  checkpoint: text().notNull(),
  /** The witnesses' signature lines. */
  cosignatures: text().notNull(),
  /** The size of the largest tree for which all witnesses have responded or failed, cosigned or not. */
  completedSize: integer('asked_size').notNull(),
});

/**
 * A team's usage and limits, updated in the transactions that store something. A limit of null means the registry's; a
 * team without a row has stored nothing.
 */
export const quotas = sqliteTable('quotas', {
  team: text()
    .primaryKey()
    .references(() => teams.name),
  profiles: integer().notNull().default(0),
  versions: integer().notNull().default(0),
  /** The size of profiles and envelopes, without deduplication. */
  bytes: integer().notNull().default(0),
  maxProfiles: integer(),
  maxVersions: integer(),
  maxBytes: integer(),
  /** The number of changes other than versions on `changesDay`, a day in UTC such as `2026-01-31`. */
  changes: integer().notNull().default(0),
  changesDay: text(),
  maxChanges: integer(),
  maxTokens: integer(),
  maxWebhooks: integer(),
  maxHosts: integer(),
});

/** A team's webhooks, which receive events about its profiles. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    team: text()
      .notNull()
      .references(() => teams.name),
    url: text().notNull(),
    /** The secret that signs deliveries: `whsec_` and base64. */
    secret: text().notNull(),
    createdAt: createdAt(),
  },
  (table) => [index('webhooks_team').on(table.team)],
);

/** The outbox of webhooks: deliveries, written in the transactions of the changes that they report. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    webhookId: integer()
      .notNull()
      .references(() => webhooks.id),
    /** The same at every attempt, so that receivers can recognize duplicates. */
    messageId: text().notNull(),
    kind: text().notNull(),
    /** The exact request body: JSON. */
    payload: text().notNull(),
    createdAt: createdAt(),
    attempts: integer().notNull().default(0),
    /** Null when no attempt is left. */
    nextAttemptAt: text(),
    lastAttemptAt: text(),
    /** The HTTP status of the last response, if any. */
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
 * The search documents of versions, indexed for each profile's latest version (search-index.ts). The index is the FTS5
 * table `search`, with one row per profile.
 */
export const searchDocuments = sqliteTable('search_documents', {
  versionId: integer()
    .primaryKey()
    .references(() => versions.id),
  /** The unique words of the index. */
  words: text().notNull(),
  grade: text({ enum: grades }).notNull(),
  /** The version of the index that it was made for. */
  indexVersion: integer().notNull(),
});

/** What results of a search are counted by. */
export const facets = ['team', 'image', 'tag', 'grade', 'release', 'permits'] as const;
export type Facet = (typeof facets)[number];

/** The values of each profile's facets, from its latest version (search-index.ts). Without rowid. */
export const profileFacets = sqliteTable(
  'profile_facets',
  {
    profileId: integer()
      .notNull()
      .references(() => profiles.id),
    facet: text({ enum: facets }).notNull(),
    value: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.profileId, table.facet, table.value] })],
);

/** A lint diagnostic as stored and as the API shows it. Lines and columns count from 1. */
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
  /** The release from which on the variant is for that it is about; omitted for the first one, or the only file. */
  variant?: string | undefined;
}

/** The analyses of versions (worker/analysis). Derived data, which can be recomputed. */
export const analyses = sqliteTable(
  'analyses',
  {
    versionId: integer()
      .primaryKey()
      .references(() => versions.id),
    /** The version of the analysis that made it; 0 while it is pending. */
    analysisVersion: integer().notNull(),
    /** The oldest AppArmor release that supports the profile. */
    needs: text().notNull(),
    /** Includes that lint could not read. */
    unseen: text({ mode: 'json' }).$type<string[]>().notNull(),
    diagnostics: text({ mode: 'json' }).$type<StoredDiagnostic[]>().notNull(),
    /** How many more diagnostics there are. */
    omitted: integer().notNull(),
    /** How many findings comments suppress. */
    suppressed: integer().notNull().default(0),
    /** The README as HTML; null if there is none or it is too large to show. */
    readme: text(),
  },
  (table) => [index('analyses_version').on(table.analysisVersion)],
);

/** Indexed words by their variants with one letter deleted, to find misspelt words (search-text.ts). */
export const searchSpellings = sqliteTable(
  'search_spellings',
  { spelling: text().notNull(), word: text().notNull() },
  (table) => [primaryKey({ columns: [table.spelling, table.word] })],
);

/** The contents of base policies, by digest: the abstractions, tunables and abi files of an AppArmor release. */
export const baseContents = sqliteTable('base_contents', {
  digest: text().$type<Digest>().primaryKey(),
  /** The number of files, and their total size in bytes. */
  files: integer().notNull(),
  bytes: integer().notNull(),
  /** JSON, as contract/base.ts encodes it. */
  text: text().notNull(),
});

/** The current base policy of each AppArmor release that has one. */
export const bases = sqliteTable('bases', {
  release: text({ enum: releases }).primaryKey(),
  digest: text()
    .$type<Digest>()
    .notNull()
    .references(() => baseContents.digest),
  createdAt: createdAt(),
});

/**
 * The summaries of what profiles permit, by the digest of their text and the AppArmor release. Derived data, which can be
 * recomputed.
 */
export const summaries = sqliteTable(
  'summaries',
  {
    digest: text()
      .$type<Digest>()
      .notNull()
      .references(() => contents.digest),
    release: text({ enum: releases }).notNull(),
    /** The base policy that it was computed with; null without one. */
    base: text().$type<Digest>(),
    /** The version of the summary that made it. */
    summaryVersion: integer().notNull(),
    /** JSON, as worker/analysis/summary.ts returns it. */
    text: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.digest, table.release] })],
);

/** Requests with an Idempotency-Key that created something, stored for a day so that retries have no further effect. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    tokenId: integer()
      .notNull()
      .references(() => tokens.id),
    key: text().notNull(),
    /** Hexadecimal SHA-256 of the request. */
    fingerprint: text().notNull(),
    createdAt: createdAt(),
    /** The status of the response; null while the request is in progress. */
    status: integer(),
    /** The body of the response; null if it contained a secret. */
    body: text(),
  },
  (table) => [
    primaryKey({ columns: [table.tokenId, table.key] }),
    index('idempotency_keys_created').on(table.createdAt),
  ],
);

/** Sessions of signed-in readers of pages, by the hashes of their secrets; a session ends with its token. */
export const sessions = sqliteTable(
  'sessions',
  {
    /** Hexadecimal SHA-256 of the secret in the cookie. */
    hash: text().primaryKey(),
    tokenId: integer()
      .notNull()
      .references(() => tokens.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
    expiresAt: text().notNull(),
  },
  (table) => [
    index('sessions_token').on(table.tokenId, table.createdAt),
    index('sessions_expiry').on(table.expiresAt),
  ],
);

/** Tokens with which hosts join a team, by their hashes only. */
export const joinTokens = sqliteTable(
  'join_tokens',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    team: text()
      .notNull()
      .references(() => teams.name),
    /** Hexadecimal SHA-256 of the token. */
    hash: text().notNull().unique(),
    label: text().notNull(),
    createdAt: createdAt(),
    expiresAt: text().notNull(),
    revokedAt: text(),
  },
  (table) => [index('join_tokens_team').on(table.team)],
);

/** Hosts that joined a team, to report to it. */
export const hosts = sqliteTable(
  'hosts',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    team: text()
      .notNull()
      .references(() => teams.name),
    /** `sha256:<hex>` of the SubjectPublicKeyInfo; a key is enrolled once, also after its host is retired. */
    keyId: text().$type<Digest>().notNull().unique(),
    /** Base64 of the SubjectPublicKeyInfo. */
    publicKey: text().notNull(),
    joinTokenId: integer()
      .notNull()
      .references(() => joinTokens.id),
    name: text().notNull(),
    labels: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    joinedAt: text().notNull(),
    /** Null while its reports are accepted. */
    retiredAt: text(),
    /** The sequence number of the last report; 0 before the first. */
    sequence: integer().notNull().default(0),
    reportedAt: text(),
    kernel: text(),
    apparmor: text(),
    /** Whether a profile that it reports has drifted. */
    drifted: integer({ mode: 'boolean' }).notNull().default(false),
    /** The events that it counted without listing them, and the reports that it dropped, in all. */
    omittedEvents: integer().notNull().default(0),
    droppedReports: integer().notNull().default(0),
  },
  (table) => [
    index('hosts_team').on(table.team, table.id),
    index('hosts_join_token').on(table.joinTokenId),
  ],
);

/** The packages of its team that a host has, as its last report says. */
export const hostProfiles = sqliteTable(
  'host_profiles',
  {
    hostId: integer()
      .notNull()
      .references(() => hosts.id),
    profileId: integer()
      .notNull()
      .references(() => profiles.id),
    versionId: integer()
      .notNull()
      .references(() => versions.id),
    mode: text().notNull(),
    drifted: integer({ mode: 'boolean' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.hostId, table.profileId] }),
    index('host_profiles_profile').on(table.profileId, table.versionId),
    index('host_profiles_version').on(table.versionId),
  ],
);

/** The kinds of reported events: refused, or permitted because of complain mode. */
export const eventTypes = ['DENIED', 'ALLOWED'] as const;

/** Denials and complain-mode events of a version that hosts reported, each kind once. */
export const hostEvents = sqliteTable(
  'host_events',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    versionId: integer()
      .notNull()
      .references(() => versions.id),
    /** Hexadecimal SHA-256 of the type and the record. */
    hash: text().notNull(),
    type: text({ enum: eventTypes }).notNull(),
    /** Fields of the kernel's record. */
    record: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    /** The host that reported it first. */
    hostId: integer()
      .notNull()
      .references(() => hosts.id),
    firstAt: text().notNull(),
    lastAt: text().notNull(),
    /** The number of hosts in `host_event_hosts`. */
    hosts: integer().notNull().default(0),
  },
  (table) => [
    unique('host_events_hash').on(table.versionId, table.hash),
    index('host_events_hosts').on(table.versionId, table.hosts),
    index('host_events_host').on(table.hostId, table.versionId),
    index('host_events_unreported').on(table.hosts).where(sql`hosts = 0`),
  ],
);

/** How often an event was reported, by day (UTC). */
export const hostEventDays = sqliteTable(
  'host_event_days',
  {
    eventId: integer()
      .notNull()
      .references(() => hostEvents.id),
    day: text().notNull(),
    count: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.day] }),
    index('host_event_days_day').on(table.day),
  ],
);

/** The hosts that reported an event, and the day of the last one. */
export const hostEventHosts = sqliteTable(
  'host_event_hosts',
  {
    eventId: integer()
      .notNull()
      .references(() => hostEvents.id),
    hostId: integer()
      .notNull()
      .references(() => hosts.id),
    lastDay: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.eventId, table.hostId] }),
    index('host_event_hosts_host').on(table.hostId),
    index('host_event_hosts_day').on(table.lastDay),
  ],
);
