import { gzipSync } from 'node:zlib';
import type { ZodType } from 'zod';
import {
  Base,
  BaseList,
  Channel,
  CreatedJoinToken,
  CreatedToken,
  CreatedWebhook,
  Delivery,
  DeliveryPage,
  type Dependent,
  DependentPage,
  Deprecation,
  type Diagnostic,
  Fleet,
  FleetEventList,
  Host,
  type HostChange,
  HostPage,
  Identity,
  type JoinToken,
  JoinTokenList,
  LogKey,
  Member,
  MemberList,
  maxBaseJson,
  type NewHost,
  type NewJoinToken,
  type NewToken,
  type NewTrustedPublisher,
  Problem,
  Profile,
  ProfilePage,
  Proof,
  Publication,
  Published,
  problemNamespace,
  Quota,
  type QuotaChange,
  ReportReceipt,
  Resolutions,
  type Role,
  Team,
  type Token,
  TokenPage,
  TrustedPublisher,
  TrustedPublisherList,
  User,
  UserPage,
  Version,
  VersionList,
  type VersionPolicy,
  type VersionSummary,
  type Visibility,
  type Webhook,
  WebhookList,
  type Widening,
} from '../contract/index.ts';
import { visibleLine } from '../policy/visible.ts';
import {
  type Digest,
  Envelope,
  formatReference,
  importPublicKey,
  type KeyPair,
  parseJson as parseBounded,
  type Reference,
  readAtMost,
  signHostRequest,
} from '../trust/index.ts';
import { confirmsPublication } from './confirmation.ts';
import { refuseManyCodings } from './content-codings.ts';
import { createPacing, type PacingOptions, parseRetryAfter } from './pacing.ts';

/** The address of a registry and how to connect to it. */
export interface ClientOptions extends PacingOptions {
  /** The registry's address, such as `https://profiles.example.org`. */
  registry: string;
  /** An API token, for requests that require one. */
  token?: string | undefined;
  /** The timeout of one request, in milliseconds; default 30 seconds. */
  timeout?: number | undefined;
  /** Replaces the global `fetch`, in tests and for proxies. */
  fetch?: typeof fetch;
}

/** The request that a registry refused. */
export interface RefusedRequest {
  registry: string;
  /** The path and query, such as `/v1/resolve?ref=web`. */
  path: string;
  /** Whether a token was sent. */
  hasToken: boolean;
}

/** The registry returned an error. */
export class RegistryError extends Error {
  readonly status: number;
  /** The problem's stable id, such as `version-exists`; empty if the response was not problem+json. */
  readonly id: string;
  readonly diagnostics: Diagnostic[];
  /** The number of diagnostics that were omitted. */
  readonly omitted: number;
  /** The delay that the registry requests (Retry-After), in milliseconds. */
  readonly retryAfter: number | undefined;
  /** What a version may permit beyond the one that it follows, if it was refused for that. */
  readonly widening: Widening | undefined;
  readonly request: RefusedRequest | undefined;
  /** The time of the registry's clock, as its response says. */
  readonly date: string | undefined;

  constructor(
    status: number,
    id: string,
    detail: string,
    diagnostics: Diagnostic[],
    {
      omitted = 0,
      retryAfter,
      request,
      widening,
      date,
    }: {
      omitted?: number;
      date?: string | undefined;
      retryAfter?: number | undefined;
      request?: RefusedRequest;
      widening?: Widening | undefined;
    } = {},
  ) {
    super(detail);
    this.retryAfter = retryAfter;
    this.request = request;
    this.date = date;
    this.widening = widening;
    this.status = status;
    this.id = id;
    this.diagnostics = diagnostics;
    this.omitted = omitted;
  }
}

/** The registry could not be reached, did not respond in time, or sent something that is not its API. */
export class UnreachableError extends Error {}

/** Whether an error is a refusal of the registry or a failure to reach it, which an optional call can ignore. */
export function isRegistryFailure(error: unknown): error is UnreachableError | RegistryError {
  return error instanceof UnreachableError || error instanceof RegistryError;
}

/** Whether an error is temporary: the registry did not respond, or asks to retry later. */
export function isTemporary(error: unknown): error is UnreachableError | RegistryError {
  if (error instanceof UnreachableError) return true;
  return error instanceof RegistryError && (error.status === 429 || error.status >= 500);
}

/** The size from which on a report is compressed, in bytes. */
const maxPlainBytes = 4 * 1024;

/** The default timeout of one request, in milliseconds. */
const usualTimeout = 30_000;

/** The maximum size of a response by kind, in bytes: a registry is not trusted to stop. */
const maxResponseBytes = {
  /** JSON of the API, problems included. */
  json: 8 << 20,
  /** A profile's text; a registry takes 256 KiB unless its operator says otherwise. */
  profile: 8 << 20,
  /** A base policy as JSON. */
  base: maxBaseJson,
  /** A signed note with the signatures of witnesses. */
  checkpoint: 64 << 10,
  /** A tile of 256 hashes, or a bundle of as many entries (C2SP tlog-tiles). */
  tile: 2 << 20,
};

/** The maximum number of pages of a list, and their total size in bytes: a registry could send pages without end. */
const maxPages = 100;
const maxListBytes = 16 << 20;

/** The maximum length of a text of a problem or diagnostic, in characters, and the maximum number of diagnostics. */
const maxText = 2000;
const maxDiagnostics = 100;

/** The number of versions on a page, and the maximum number listed. */
const versionsAtOnce = 100;
const maxVersions = maxPages * versionsAtOnce;

/** Filters for profiles; see `GET /v1/profiles`. */
export interface ProfileSearch {
  text?: string | undefined;
  team?: string | undefined;
  image?: string | undefined;
  tag?: string | undefined;
  capability?: string | undefined;
  grade?: string | undefined;
  /** An AppArmor release that they can be used with. */
  release?: string | undefined;
  /** A topic of what they permit, such as `mount`. */
  permits?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** The options of a request: its body, the known ETag, and the maximum size of its response. */
interface Sending {
  body?: unknown;
  /** The exact body and further headers, instead of `body`. */
  exact?: { bytes: Uint8Array<ArrayBuffer>; headers: Record<string, string> } | undefined;
  known?: string | undefined;
  maxBytes?: number;
}

type ProfilePath = { team: string; name: string };
export type VersionPath = { team: string; name: string; version: string | Digest };

/**
 * The typed API of one registry. Every method throws {@link RegistryError} when the registry refuses and {@link
 * UnreachableError} when it can't be reached. Responses are not verified: hosts use {@link fetchVerified}. But a change
 * fails if the response states another result than the requested one.
 *
 * @example
 * const client = createClient({ registry: 'https://profiles.example.org' });
 * const { items } = await client.listProfiles({ text: 'nginx' });
 */
export function createClient({
  registry,
  token,
  timeout = usualTimeout,
  fetch = globalThis.fetch,
  ...options
}: ClientOptions) {
  refuseManyCodings();
  const { signal } = options;
  const pacing = createPacing(options);
  const base = registry.replace(/\/+$/, '');

  async function exchange(
    method: string,
    path: string,
    { body, exact, known, maxBytes = maxResponseBytes.json }: Sending = {},
  ): Promise<{ response: Response; bytes: Uint8Array<ArrayBuffer> }> {
    for (let tries = 1; ; tries++) {
      await pacing.turn();
      const sending = { body, exact, known, maxBytes };
      const isInTime = pacing.timed();
      const reply = await ask(method, path, sending).catch((error: unknown) => {
        if (method !== 'GET' || !isLostConnection(error)) throw error;
        return ask(method, path, sending);
      });
      if (!isInTime()) {
        const message = `The registry at ${base} responds too slowly: all its responses together took too long.`;
        throw new UnreachableError(message);
      }
      const { status, headers, ok } = reply.response;
      const retryAfter = headers.get('Retry-After');
      if (ok || (known !== undefined && status === 304)) {
        pacing.accepted();
        return reply;
      }
      if (pacing.again({ method, status, retryAfter, tries })) continue;
      throw toRegistryError(base, status, reply.bytes, {
        retryAfter: parseRetryAfter(retryAfter, Date.now()),
        request: { registry: base, path, hasToken: token !== undefined },
        date: headers.get('Date') ?? undefined,
      });
    }
  }

  async function ask(
    method: string,
    path: string,
    { body, exact, known, maxBytes = maxResponseBytes.json }: Sending,
  ): Promise<{ response: Response; bytes: Uint8Array<ArrayBuffer> }> {
    let response: Response;
    let bytes: Uint8Array<ArrayBuffer> | undefined;
    try {
      response = await fetch(`${base}${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(body === undefined && !exact ? {} : { 'Content-Type': 'application/json' }),
          ...exact?.headers,
          ...(known === undefined ? {} : { 'If-None-Match': known }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(exact && { body: exact.bytes }),
        // A redirect could send the token, or a path with another meaning, to another host.
        redirect: 'error',
        signal: signal
          ? AbortSignal.any([signal, AbortSignal.timeout(timeout)])
          : AbortSignal.timeout(timeout),
      });
      bytes = await readAtMost(response.body, maxBytes);
    } catch (error) {
      signal?.throwIfAborted();
      throw new UnreachableError(
        `The registry at ${base} can't be reached: ${reasonOf(error, timeout)}.`,
        { cause: error },
      );
    }
    if (!bytes) {
      const message = `The registry at ${base} sent more than ${maxBytes} bytes.`;
      throw new UnreachableError(message);
    }
    return { response, bytes };
  }

  async function send(method: string, path: string, sending?: Sending) {
    return (await exchange(method, path, sending)).bytes;
  }

  /**
   * Sends a body that a host signs, compressed if it is large. If the registry's clock differs, it is signed once more
   * with that time.
   */
  async function sendSigned<Result>(
    schema: ZodType<Result>,
    path: string,
    text: string,
    key: KeyPair,
  ): Promise<Result> {
    const plain = new TextEncoder().encode(text);
    const isLarge = plain.length > maxPlainBytes;
    const bytes = isLarge ? new Uint8Array(gzipSync(plain)) : plain;
    const sendAt = async (at: Date) => {
      const time = at.toISOString();
      const signature = await signHostRequest({ method: 'POST', path, time, body: bytes }, key);
      const headers = {
        'AA-Host-Time': time,
        'AA-Host-Signature': signature,
        ...(isLarge && { 'Content-Encoding': 'gzip' }),
      };
      return send('POST', path, { exact: { bytes, headers } });
    };
    const reply = await sendAt(new Date()).catch((error: unknown) => {
      const date = new Date((error instanceof RegistryError && error.date) || Number.NaN);
      const isSkewed = error instanceof RegistryError && error.id === 'clock-skew';
      if (!isSkewed || Number.isNaN(date.getTime())) throw error;
      return sendAt(date);
    });
    return read(schema, path, reply);
  }

  async function call<Result>(
    schema: ZodType<Result>,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Result> {
    return read(schema, path, await send(method, path, { body }));
  }

  function read<Result>(schema: ZodType<Result>, path: string, bytes: Uint8Array): Result {
    const parsed = schema.safeParse(parseJson(bytes));
    if (parsed.success) return parsed.data;
    throw new UnreachableError(
      `The server at ${base} is not an aa-registry: its response to ${path} is malformed.`,
    );
  }

  /** Requires that the response to a change states what was requested. */
  function requireConfirmed(isConfirmed: boolean, what: string): void {
    if (isConfirmed) return;
    throw new UnreachableError(
      `The registry at ${base} reported success, but its response does not confirm ${what}.`,
    );
  }

  /** All items of a list, page by page. */
  async function* pages<Item>(
    schema: ZodType<{ items: Item[]; next: string | null }>,
    path: string,
    query: Record<string, string>,
  ): AsyncGenerator<Item> {
    let cursor: string | null = '';
    let size = 0;
    for (let page = 1; cursor !== null; page++) {
      if (page > maxPages || size > maxListBytes) {
        const what = page > maxPages ? `${maxPages} pages` : `${maxListBytes} bytes`;
        throw new UnreachableError(`The registry at ${base} has more than ${what} of ${path}.`);
      }
      const search = new URLSearchParams({ ...query, ...(cursor === '' ? {} : { cursor }) });
      const url = `${path}?${search}`;
      const bytes = await send('GET', url);
      size += bytes.length;
      const found: { items: Item[]; next: string | null } = read(schema, url, bytes);
      yield* found.items;
      // A repeated page ends the list: a registry is not trusted to end it.
      if (found.next === cursor) return;
      cursor = found.next;
    }
  }

  const hostsPath = (team: string) => `/v1/teams/${encodeURIComponent(team)}/hosts`;
  const joinTokensPath = (team: string) => `/v1/teams/${encodeURIComponent(team)}/join-tokens`;
  const teamPath = (team: string) => `/v1/teams/${encodeURIComponent(team)}`;
  const memberPath = (team: string, user: string) =>
    `${teamPath(team)}/members/${encodeURIComponent(user)}`;
  const profilePath = ({ team, name }: { team: string; name: string }) =>
    `/v1/profiles/${encodeURIComponent(team)}/${encodeURIComponent(name)}`;
  const webhooksPath = (team: string) => `/v1/teams/${encodeURIComponent(team)}/webhooks`;
  const versionPath = (path: VersionPath) =>
    `${profilePath(path)}/versions/${encodeURIComponent(path.version)}`;

  return {
    registry: base,

    /** Whether the client has an API token. */
    hasToken: token !== undefined,

    /**
     * What references resolve to now, in order, in one request; at most 100. With the `etag` of an earlier response,
     * returns `undefined` if nothing has changed. Among several references, one that matches nothing has a problem in
     * the result; a single one throws it.
     */
    async resolve(
      references: readonly Reference[],
      etag?: string,
    ): Promise<{ items: Resolutions['items']; etag: string | undefined } | undefined> {
      const query = new URLSearchParams(
        references.map((reference) => ['ref', formatReference(reference)]),
      );
      const path = `/v1/resolve?${query}`;
      const { response, bytes } = await exchange('GET', path, { known: etag });
      if (response.status === 304) return undefined;
      const { items } = read(Resolutions, path, bytes);
      if (items.length !== references.length) {
        throw new UnreachableError(`The registry at ${base} sent an unexpected response.`);
      }
      return { items, etag: response.headers.get('ETag') ?? undefined };
    },

    /** A page of profiles: all, or those that match every word of `text`, best match first. */
    listProfiles(query: ProfileSearch = {}) {
      const { text, ...rest } = query;
      const search = new URLSearchParams();
      for (const [key, value] of Object.entries({ q: text, ...rest })) {
        if (value !== undefined) search.set(key, String(value));
      }
      return call(ProfilePage, 'GET', `/v1/profiles?${search}`);
    },

    /** A profile and its latest version. */
    getProfile(path: { team: string; name: string }): Promise<Profile> {
      return call(Profile, 'GET', profilePath(path));
    },

    /** A profile's versions, highest first; at most {@link maxVersions}. */
    async listVersions(path: { team: string; name: string }): Promise<VersionSummary[]> {
      const versions: VersionSummary[] = [];
      const query = { limit: `${versionsAtOnce}` };
      for await (const one of pages(VersionList, `${profilePath(path)}/versions`, query)) {
        if (versions.push(one) >= maxVersions) break;
      }
      return versions;
    },

    /** The visible packages that depend on one; at most {@link maxVersions}. */
    async listDependents(path: { team: string; name: string }): Promise<Dependent[]> {
      const dependents: Dependent[] = [];
      const query = { limit: `${versionsAtOnce}` };
      for await (const one of pages(DependentPage, `${profilePath(path)}/dependents`, query)) {
        if (dependents.push(one) >= maxVersions) break;
      }
      return dependents;
    },

    /** One version, with its lint results. */
    getVersion(path: VersionPath): Promise<Version> {
      return call(Version, 'GET', versionPath(path));
    },

    /** The bytes of a version, unverified. */
    getContent(path: VersionPath, release?: string): Promise<Uint8Array<ArrayBuffer>> {
      const query = release === undefined ? '' : `?release=${release}`;
      return send('GET', `${versionPath(path)}/profile${query}`, {
        maxBytes: maxResponseBytes.profile,
      });
    },

    /** The envelope of a version, unverified. */
    getEnvelope(path: VersionPath): Promise<Envelope> {
      return call(Envelope, 'GET', `${versionPath(path)}/envelope`);
    },

    /** Publishes a version. Publishing the same bytes again changes nothing: `created` is then false. */
    async publish(
      path: VersionPath,
      publication: Publication,
    ): Promise<Published & { created: boolean }> {
      const url = versionPath(path);
      const body = Publication.parse(publication);
      const { response, bytes } = await exchange('PUT', url, { body });
      const published = read(Published, url, bytes);
      requireConfirmed(
        await confirmsPublication(path, body, published),
        `that ${path.team}/${path.name}@${path.version} is in its log as you signed it`,
      );
      return { ...published, created: response.status === 201 };
    },

    /** The proof that a version is in the current log, which extends the log at size `since`; unverified. */
    getProof(path: VersionPath, since: number): Promise<Proof> {
      return call(Proof, 'GET', `${versionPath(path)}/proof?since=${since}`);
    },

    /** The proof that an entry is in the log at `size`, which extends the log at size `since`; unverified. */
    getEntryProof(index: number, size: number, since = 0): Promise<Proof> {
      return call(Proof, 'GET', `/v1/log/entries/${index}/proof?size=${size}&since=${since}`);
    },

    /** The verifier of the log's key, to pin on first contact. */
    async getLogVerifier(): Promise<string> {
      return (await call(LogKey, 'GET', '/v1/log/key')).verifier;
    },

    /** Yanks a version: exact requests still get it, but no range or channel resolves to it. */
    async yank(path: VersionPath, reason: string): Promise<Version> {
      const yanked = await call(Version, 'POST', `${versionPath(path)}/yank`, { reason });
      const { team, name, version, yankReason } = yanked;
      const isSame = team === path.team && name === path.name && version === path.version;
      requireConfirmed(isSame && yankReason !== null, `that ${path.version} is yanked`);
      return yanked;
    },

    /** Points a channel at a version; refused unless it currently points at `previous`. */
    async moveChannel(
      path: { team: string; name: string; channel: string },
      move: { version: string; previous: string | null },
    ): Promise<Channel> {
      const url = `${profilePath(path)}/channels/${encodeURIComponent(path.channel)}`;
      const moved = await call(Channel, 'PUT', url, move);
      requireConfirmed(
        moved.name === path.channel && moved.version === move.version,
        `that the channel ${path.channel} is at ${move.version}`,
      );
      return moved;
    },

    /** The log's checkpoint: a signed note, unverified. */
    async getCheckpoint(): Promise<string> {
      const bytes = await send('GET', '/log/checkpoint', { maxBytes: maxResponseBytes.checkpoint });
      return new TextDecoder().decode(bytes);
    },

    /** A tile or entry bundle of the log, by its path (C2SP tlog-tiles); unverified. */
    getTile(path: string): Promise<Uint8Array<ArrayBuffer>> {
      return send('GET', `/log/${path}`, { maxBytes: maxResponseBytes.tile });
    },

    getTeam(team: string): Promise<Team> {
      return call(Team, 'GET', `/v1/teams/${encodeURIComponent(team)}`);
    },

    createTeam(name: string): Promise<Team> {
      return call(Team, 'POST', '/v1/teams', { name });
    },

    /** Sets what a team requires of its new versions. */
    async setVersionPolicy(team: string, versionPolicy: VersionPolicy): Promise<Team> {
      const changed = await call(Team, 'PATCH', teamPath(team), { versionPolicy });
      const isSet = changed.name === team && changed.versionPolicy === versionPolicy;
      requireConfirmed(isSet, `the version policy of team ${team}`);
      return changed;
    },

    /** Registers a publisher key of a team. Unless it is the first, an existing key must endorse it. */
    async addKey(
      team: string,
      key: { publicKey: string; label: string; endorsement?: Envelope },
    ): Promise<Team> {
      const changed = await call(Team, 'POST', `${teamPath(team)}/keys`, key);
      const added = (await importPublicKey(key.publicKey))?.keyId;
      const isAdded = changed.keys.some((one) => one.keyId === added && one.revokedAt === null);
      requireConfirmed(changed.name === team && isAdded, `the new key of team ${team}`);
      return changed;
    },

    /** Revokes a publisher key of a team. */
    async revokeKey(team: string, keyId: string, reason: string): Promise<Team> {
      const path = `${teamPath(team)}/keys/${encodeURIComponent(keyId)}`;
      const changed = await call(Team, 'POST', `${path}/revocation`, { reason });
      const isRevoked = changed.keys.some((key) => key.keyId === keyId && key.revokedAt !== null);
      requireConfirmed(changed.name === team && isRevoked, `that ${keyId} is revoked`);
      return changed;
    },

    /** Creates an API token, with no more rights than the client's own. */
    createToken(token: NewToken): Promise<CreatedToken> {
      return call(CreatedToken, 'POST', '/v1/tokens', token);
    },

    /** API tokens: a team's own, a user's, or the caller's. */
    listTokens(whose: { team?: string; user?: string } = {}): AsyncGenerator<Token> {
      return pages(TokenPage, '/v1/tokens', whose);
    },

    /** Revokes an API token permanently. */
    async revokeToken(id: number): Promise<void> {
      await send('DELETE', `/v1/tokens/${id}`);
    },

    createUser(user: { name: string; admin: boolean }): Promise<User> {
      return call(User, 'POST', '/v1/users', user);
    },

    /** Users by name. */
    listUsers(): AsyncGenerator<User> {
      return pages(UserPage, '/v1/users', {});
    },

    async listMembers(team: string): Promise<Member[]> {
      return (await call(MemberList, 'GET', `${teamPath(team)}/members`)).items;
    },

    /** Adds a user to a team, or changes their role there. */
    setMember(team: string, user: string, role: Role): Promise<Member> {
      return call(Member, 'PUT', memberPath(team, user), { role });
    },

    async removeMember(team: string, user: string): Promise<void> {
      await send('DELETE', memberPath(team, user));
    },

    /** Makes a profile private or public. */
    async setVisibility(path: ProfilePath, visibility: Visibility): Promise<void> {
      await send('PUT', `${profilePath(path)}/visibility`, { body: { visibility } });
    },

    deprecate(path: ProfilePath, deprecation: Deprecation): Promise<Deprecation> {
      return call(Deprecation, 'PUT', `${profilePath(path)}/deprecation`, deprecation);
    },

    async undeprecate(path: ProfilePath): Promise<void> {
      await send('DELETE', `${profilePath(path)}/deprecation`);
    },

    /** Transfers a profile to another team; returns the updated profile. */
    transfer(path: ProfilePath, to: string): Promise<Deprecation> {
      return call(Deprecation, 'POST', `${profilePath(path)}/transfer`, { to });
    },

    async listTrustedPublishers(team: string): Promise<TrustedPublisher[]> {
      const path = `${teamPath(team)}/trusted-publishers`;
      return (await call(TrustedPublisherList, 'GET', path)).items;
    },

    addTrustedPublisher(team: string, publisher: NewTrustedPublisher): Promise<TrustedPublisher> {
      return call(TrustedPublisher, 'POST', `${teamPath(team)}/trusted-publishers`, publisher);
    },

    async removeTrustedPublisher(team: string, id: number): Promise<void> {
      await send('DELETE', `${teamPath(team)}/trusted-publishers/${id}`);
    },

    /** Exchanges the OpenID Connect token of a CI job for an API token. */
    exchangeToken(exchange: {
      token: string;
      team: string;
      profile?: string;
    }): Promise<CreatedToken> {
      return call(CreatedToken, 'POST', '/v1/oidc/token', exchange);
    },

    /** A team's storage use and quota. */
    getQuota(team: string): Promise<Quota> {
      return call(Quota, 'GET', `/v1/teams/${encodeURIComponent(team)}/quota`);
    },

    /** Changes a team's quota; null restores the registry's default. */
    setQuota(team: string, change: QuotaChange): Promise<Quota> {
      return call(Quota, 'PATCH', `/v1/teams/${encodeURIComponent(team)}/quota`, change);
    },

    /** Adds a webhook; only this response contains its secret. */
    addWebhook(team: string, url: string): Promise<CreatedWebhook> {
      return call(CreatedWebhook, 'POST', webhooksPath(team), { url });
    },

    async listWebhooks(team: string): Promise<Webhook[]> {
      return (await call(WebhookList, 'GET', webhooksPath(team))).items;
    },

    async removeWebhook(team: string, id: number): Promise<void> {
      await send('DELETE', `${webhooksPath(team)}/${id}`);
    },

    /** Sends a test event to a webhook and returns the result. */
    testWebhook(team: string, id: number): Promise<Delivery> {
      return call(Delivery, 'POST', `${webhooksPath(team)}/${id}/test`);
    },

    /** A page of a webhook's deliveries, latest first. */
    listDeliveries(
      team: string,
      id: number,
      { limit = 20, cursor }: { limit?: number; cursor?: string } = {},
    ): Promise<DeliveryPage> {
      const query = `limit=${limit}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      return call(DeliveryPage, 'GET', `${webhooksPath(team)}/${id}/deliveries?${query}`);
    },

    /** The current base policies, by AppArmor release; unverified, as they are not in the log. */
    async listBases(): Promise<Base[]> {
      return (await call(BaseList, 'GET', '/v1/bases')).items;
    },

    /** The bytes that the registry has for a base policy, whose SHA-256 is to be `digest`; unverified. */
    getBase(digest: Digest): Promise<Uint8Array<ArrayBuffer>> {
      return send('GET', `/v1/bases/${encodeURIComponent(digest)}`, {
        maxBytes: maxResponseBytes.base,
      });
    },

    /** Makes files the current base policy of a release; `changed` is `false` if they are already. */
    async putBase(
      release: Base['release'],
      files: Readonly<Record<string, string>>,
    ): Promise<Base & { changed: boolean }> {
      const path = `/v1/bases/${encodeURIComponent(release)}`;
      const { response, bytes } = await exchange('PUT', path, { body: { files } });
      return { ...read(Base, path, bytes), changed: response.status === 201 };
    },

    /** Creates a token with which hosts join a team; only this response contains its secret. */
    createJoinToken(team: string, token: NewJoinToken): Promise<CreatedJoinToken> {
      return call(CreatedJoinToken, 'POST', joinTokensPath(team), token);
    },

    async listJoinTokens(team: string): Promise<JoinToken[]> {
      return (await call(JoinTokenList, 'GET', joinTokensPath(team))).items;
    },

    async revokeJoinToken(team: string, id: number): Promise<void> {
      await send('DELETE', `${joinTokensPath(team)}/${id}`);
    },

    /** Joins a team as a host with this key. */
    joinTeam(host: NewHost, key: KeyPair): Promise<Host> {
      return sendSigned(Host, '/v1/hosts', JSON.stringify(host), key);
    },

    /** Sends the report of a host, as exact JSON. */
    sendReport(id: number, text: string, key: KeyPair): Promise<ReportReceipt> {
      return sendSigned(ReportReceipt, `/v1/hosts/${id}/reports`, text, key);
    },

    /** The hosts of a team, in numbers. */
    getFleet(team: string): Promise<Fleet> {
      return call(Fleet, 'GET', `${teamPath(team)}/fleet`);
    },

    /** The hosts of a team, as these parameters of `GET /v1/teams/{team}/hosts` say. */
    listHosts(team: string, filter: Readonly<Record<string, string>> = {}): AsyncGenerator<Host> {
      return pages(HostPage, hostsPath(team), { limit: '100', ...filter });
    },

    async changeHost(team: string, id: number, change: HostChange): Promise<Host> {
      return call(Host, 'PATCH', `${hostsPath(team)}/${id}`, change);
    },

    async retireHost(team: string, id: number): Promise<void> {
      await send('DELETE', `${hostsPath(team)}/${id}`);
    },

    /** The denials and complain-mode events of a version that hosts reported, those of the most hosts first. */
    listEvents(path: VersionPath, limit: number): Promise<FleetEventList> {
      return call(FleetEventList, 'GET', `${versionPath(path)}/events?limit=${limit}`);
    },

    /** Whose token this client has. */
    whoami(): Promise<Identity> {
      return call(Identity, 'GET', '/v1/whoami');
    },
  };
}

export type Client = ReturnType<typeof createClient>;

function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseBounded(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** A text from a registry as one line of limited length, so that it can't imitate this program's own output. */
export function oneLine(text: string): string {
  return visibleLine(text.length > maxText ? `${text.slice(0, maxText)}…` : text);
}

function toRegistryError(
  base: string,
  status: number,
  bytes: Uint8Array,
  more: { retryAfter: number | undefined; request: RefusedRequest; date: string | undefined },
): RegistryError {
  const { data } = Problem.safeParse(parseJson(bytes));
  if (!data) return new RegistryError(status, '', `${base} responded with ${status}.`, [], more);
  const id = data.type.startsWith(problemNamespace) ? data.type.slice(problemNamespace.length) : '';
  const { diagnostics = [], omitted = 0, widening } = data;
  const shown = diagnostics
    .slice(0, maxDiagnostics)
    .map((one) => ({ ...one, id: oneLine(one.id), message: oneLine(one.message) }));
  return new RegistryError(status, id, oneLine(data.detail), shown, {
    omitted: omitted + diagnostics.length - shown.length,
    widening: widening && shownWidening(widening),
    ...more,
  });
}

function shownWidening({ differences, omitted, ...widening }: Widening): Widening {
  const shown = differences.slice(0, maxDiagnostics).map(oneLine);
  return { ...widening, differences: shown, omitted: omitted + differences.length - shown.length };
}

/**
 * Whether the connection was closed before the response: a server may close an idle one just as it is used, so a client
 * may repeat a read (RFC 9112 section 9.5).
 */
function isLostConnection(error: unknown): boolean {
  const { cause } = error as { cause?: { cause?: { code?: unknown } } };
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(String(cause?.cause?.code));
}

function reasonOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no response within ${timeout / 1000} seconds`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // Node's fetch gives no reason for some responses, such as 407.
  const code = ((cause as NodeJS.ErrnoException).code ?? cause.message) || error.message;
  const known = troubles[code];
  return known === undefined ? code : `${known} (${code})`;
}

const untrusted =
  'its certificate is signed by an authority that this machine does not trust (set a CA with --ca-file, SSL_CERT_FILE or ca_file in config.toml)';
const plain = 'it does not speak TLS; try http://';
/** Explanations of connection and certificate errors, by Node's codes (OpenSSL's X509_V_ERR_*). */
const troubles: Record<string, string> = {
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'temporary failure in name resolution',
  ECONNREFUSED: 'connection refused',
  // The Fetch Standard's blocked ports, which other protocols use.
  'bad port': 'HTTP clients block that port',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'no route to host',
  ETIMEDOUT: 'connection timed out',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  ERR_SSL_WRONG_VERSION_NUMBER: plain,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: plain,
  CERT_HAS_EXPIRED: "its certificate has expired, or this machine's clock is wrong",
  CERT_NOT_YET_VALID: "its certificate is not valid yet, or this machine's clock is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};
