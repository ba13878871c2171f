import type { ZodType } from 'zod';
import {
  Base,
  BaseList,
  Channel,
  CreatedToken,
  CreatedWebhook,
  Delivery,
  DeliveryPage,
  Deprecation,
  type Diagnostic,
  Identity,
  LogKey,
  Member,
  MemberList,
  maxBaseJson,
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
  type VersionSummary,
  type Visibility,
  type Webhook,
  WebhookList,
} from '../contract/index.ts';
import { visibleLine } from '../policy/visible.ts';
import {
  type Digest,
  Envelope,
  formatReference,
  parseJson as parseBounded,
  type Reference,
  readAtMost,
} from '../trust/index.ts';
import { createPacing, type PacingOptions, parseRetryAfter } from './pacing.ts';

/** Where a registry is and how to speak to it. */
export interface ClientOptions extends PacingOptions {
  /** The registry's address, such as `https://profiles.example.org`. */
  registry: string;
  /** An API token, for what needs one. */
  token?: string | undefined;
  /** How long one request may take, in milliseconds; 30 seconds when left out. */
  timeout?: number | undefined;
  /** Replaces the global `fetch`, in tests and for proxies. */
  fetch?: typeof fetch;
}

/** The registry answered with an error. */
export class RegistryError extends Error {
  readonly status: number;
  /** The problem's stable id, such as `version-exists`; empty when the answer was no problem+json. */
  readonly id: string;
  readonly diagnostics: Diagnostic[];
  /** How many more diagnostics there are. */
  readonly omitted: number;
  /** How long it asks to wait, in milliseconds, when it does. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    id: string,
    detail: string,
    diagnostics: Diagnostic[],
    { omitted = 0, retryAfter }: { omitted?: number; retryAfter?: number | undefined } = {},
  ) {
    super(detail);
    this.omitted = omitted;
    this.retryAfter = retryAfter;
    this.status = status;
    this.id = id;
    this.diagnostics = diagnostics;
    this.omitted = omitted;
  }
}

/** The registry could not be reached, did not answer in time, or answered something else than its API. */
export class UnreachableError extends Error {}

/** Whether the registry refused or can't be reached: what a call that can do without it goes on from. */
export function isRegistryFailure(error: unknown): error is UnreachableError | RegistryError {
  return error instanceof UnreachableError || error instanceof RegistryError;
}

/** Whether what went wrong may go by itself: nobody answered, or the registry asks to be asked later. */
export function isPassing(error: unknown): error is UnreachableError | RegistryError {
  if (error instanceof UnreachableError) return true;
  return error instanceof RegistryError && (error.status === 429 || error.status >= 500);
}

/** How long one request may take, in milliseconds, unless the caller says otherwise. */
const usualTimeout = 30_000;

/** The most that an answer may hold, in bytes, by what it is: a registry is not trusted to stop. */
const largest = {
  /** What the API describes, and what it says is wrong. */
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

/** The maximum number of pages of a list, and their total size in bytes: a registry could send pages forever. */
const maxPages = 100;
const maxListBytes = 16 << 20;

/** The maximum length of what a problem or a diagnostic says, in characters, and the maximum number of diagnostics. */
const maxText = 2000;
const maxDiagnostics = 100;

/** How many versions a page of them may have, and how many are listed. */
const versionsAtOnce = 100;
const maxVersions = maxPages * versionsAtOnce;

/** What profiles to look for; see `GET /v1/profiles`. */
export interface ProfileSearch {
  text?: string | undefined;
  team?: string | undefined;
  image?: string | undefined;
  tag?: string | undefined;
  capability?: string | undefined;
  grade?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** What goes with a request: its body, the ETag of what is known, and the most that its answer may hold. */
interface Sending {
  body?: unknown;
  known?: string | undefined;
  most?: number;
}

type ProfilePath = { team: string; name: string };
export type VersionPath = { team: string; name: string; version: string | Digest };

/**
 * The typed API of one registry. Every method throws {@link RegistryError} when the registry refuses and
 * {@link UnreachableError} when it can't be spoken to. Nothing that comes back is trusted yet: hosts use
 * {@link fetchVerified}.
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
  const { signal } = options;
  const pacing = createPacing(options);
  const base = registry.replace(/\/+$/, '');

  async function exchange(
    method: string,
    path: string,
    { body, known, most = largest.json }: Sending = {},
  ): Promise<{ response: Response; bytes: Uint8Array<ArrayBuffer> }> {
    for (let tries = 1; ; tries++) {
      await pacing.turn();
      const answer = await ask(method, path, { body, known, most });
      const { status, headers, ok } = answer.response;
      const retryAfter = headers.get('Retry-After');
      if (ok || (known !== undefined && status === 304)) {
        pacing.answered();
        return answer;
      }
      if (pacing.again({ method, status, retryAfter, tries })) continue;
      throw toRegistryError(base, status, answer.bytes, parseRetryAfter(retryAfter, Date.now()));
    }
  }

  async function ask(
    method: string,
    path: string,
    { body, known, most = largest.json }: Sending,
  ): Promise<{ response: Response; bytes: Uint8Array<ArrayBuffer> }> {
    let response: Response;
    let bytes: Uint8Array<ArrayBuffer> | undefined;
    try {
      response = await fetch(`${base}${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(known === undefined ? {} : { 'If-None-Match': known }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A redirect could carry the token, and a path that means something else, to another host.
        redirect: 'error',
        signal: signal
          ? AbortSignal.any([signal, AbortSignal.timeout(timeout)])
          : AbortSignal.timeout(timeout),
      });
      bytes = await readAtMost(response.body, most);
    } catch (error) {
      signal?.throwIfAborted();
      throw new UnreachableError(
        `The registry at ${base} can't be reached: ${reasonOf(error, timeout)}.`,
      );
    }
    if (!bytes) {
      const said = `The registry at ${base} answered with more than ${most} bytes.`;
      throw new UnreachableError(said);
    }
    return { response, bytes };
  }

  async function send(method: string, path: string, sending?: Sending) {
    return (await exchange(method, path, sending)).bytes;
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
      `What answers at ${base} is no aa-registry: ${path} is not as expected.`,
    );
  }

  /** Every item of a list, page after page. */
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
      // A registry is not trusted to end: the same page again is no next one.
      if (found.next === cursor) return;
      cursor = found.next;
    }
  }

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

    /** Whether it has an API token. */
    hasToken: token !== undefined,

    /**
     * What references mean now, each at its place, in one request; at most 100. With the `etag` of an earlier
     * answer, `undefined` when it would be the same. Of several, those that mean nothing have a problem; one
     * alone throws it.
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

    /** A page of profiles: all, or those that match every word of `text`, the best first. */
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

    /** A profile's versions, highest first; of more than {@link maxVersions} the highest. */
    async listVersions(path: { team: string; name: string }): Promise<VersionSummary[]> {
      const versions: VersionSummary[] = [];
      const query = { limit: `${versionsAtOnce}` };
      for await (const one of pages(VersionList, `${profilePath(path)}/versions`, query)) {
        if (versions.push(one) >= maxVersions) break;
      }
      return versions;
    },

    /** One version, with what lint says of it. */
    getVersion(path: VersionPath): Promise<Version> {
      return call(Version, 'GET', versionPath(path));
    },

    /** The bytes that the registry holds for a version, unverified. */
    getContent(path: VersionPath): Promise<Uint8Array<ArrayBuffer>> {
      return send('GET', `${versionPath(path)}/profile`, { most: largest.profile });
    },

    /** The envelope that the registry holds for a version, unverified. */
    getEnvelope(path: VersionPath): Promise<Envelope> {
      return call(Envelope, 'GET', `${versionPath(path)}/envelope`);
    },

    /** Publishes a version. The same again is no error and changes nothing: `created` says which it was. */
    async publish(
      path: VersionPath,
      publication: Publication,
    ): Promise<Published & { created: boolean }> {
      const url = versionPath(path);
      const sending = { body: Publication.parse(publication) };
      const { response, bytes } = await exchange('PUT', url, sending);
      return { ...read(Published, url, bytes), created: response.status === 201 };
    },

    /** That a version is in the log as it stands, which extends itself at size `since`; unverified. */
    getProof(path: VersionPath, since: number): Promise<Proof> {
      return call(Proof, 'GET', `${versionPath(path)}/proof?since=${since}`);
    },

    /** That any entry is in the log at `size`, which extends itself at size `since`; unverified. */
    getEntryProof(index: number, size: number, since = 0): Promise<Proof> {
      return call(Proof, 'GET', `/v1/log/entries/${index}/proof?size=${size}&since=${since}`);
    },

    /** The verifier of the log's key, to be pinned on first contact. */
    async getLogVerifier(): Promise<string> {
      return (await call(LogKey, 'GET', '/v1/log/key')).verifier;
    },

    /** Yanks a version: served to whoever asks for it, chosen for nobody. */
    yank(path: VersionPath, reason: string): Promise<Version> {
      return call(Version, 'POST', `${versionPath(path)}/yank`, { reason });
    },

    /** Points a channel at a version; refused unless it names `previous` now. */
    moveChannel(
      path: { team: string; name: string; channel: string },
      move: { version: string; previous: string | null },
    ): Promise<Channel> {
      const url = `${profilePath(path)}/channels/${encodeURIComponent(path.channel)}`;
      return call(Channel, 'PUT', url, move);
    },

    /** The log's checkpoint: a signed note, unverified. */
    async getCheckpoint(): Promise<string> {
      const bytes = await send('GET', '/log/checkpoint', { most: largest.checkpoint });
      return new TextDecoder().decode(bytes);
    },

    /** A tile or entry bundle of the log, by its path (C2SP tlog-tiles); unverified. */
    getTile(path: string): Promise<Uint8Array<ArrayBuffer>> {
      return send('GET', `/log/${path}`, { most: largest.tile });
    },

    getTeam(team: string): Promise<Team> {
      return call(Team, 'GET', `/v1/teams/${encodeURIComponent(team)}`);
    },

    createTeam(name: string): Promise<Team> {
      return call(Team, 'POST', '/v1/teams', { name });
    },

    /** Registers a publisher key of a team, which an older one vouches for unless it is the first. */
    addKey(
      team: string,
      key: { publicKey: string; label: string; endorsement?: Envelope },
    ): Promise<Team> {
      return call(Team, 'POST', `/v1/teams/${encodeURIComponent(team)}/keys`, key);
    },

    /** Revokes a publisher key of a team. */
    revokeKey(team: string, keyId: string, reason: string): Promise<Team> {
      const path = `/v1/teams/${encodeURIComponent(team)}/keys/${encodeURIComponent(keyId)}`;
      return call(Team, 'POST', `${path}/revocation`, { reason });
    },

    /** Makes an API token, no better than the one this client has. */
    createToken(token: NewToken): Promise<CreatedToken> {
      return call(CreatedToken, 'POST', '/v1/tokens', token);
    },

    /** API tokens: a team's own, a user's, or the caller's. */
    listTokens(whose: { team?: string; user?: string } = {}): AsyncGenerator<Token> {
      return pages(TokenPage, '/v1/tokens', whose);
    },

    /** Revokes an API token, for ever. */
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

    /** Puts a user in a team, or gives them another role there. */
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

    /** Hands a profile on to another team: what is said of it from then on. */
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

    /** An API token for a CI job, by the OpenID Connect token that its provider made for this registry. */
    exchangeToken(exchange: {
      token: string;
      team: string;
      profile?: string;
    }): Promise<CreatedToken> {
      return call(CreatedToken, 'POST', '/v1/oidc/token', exchange);
    },

    /** What a team has stored, and may store. */
    getQuota(team: string): Promise<Quota> {
      return call(Quota, 'GET', `/v1/teams/${encodeURIComponent(team)}/quota`);
    },

    /** Changes what a team may store; null goes back to the registry's own limit. */
    setQuota(team: string, change: QuotaChange): Promise<Quota> {
      return call(Quota, 'PATCH', `/v1/teams/${encodeURIComponent(team)}/quota`, change);
    },

    /** Adds a webhook; the answer has its secret, this once. */
    addWebhook(team: string, url: string): Promise<CreatedWebhook> {
      return call(CreatedWebhook, 'POST', webhooksPath(team), { url });
    },

    async listWebhooks(team: string): Promise<Webhook[]> {
      return (await call(WebhookList, 'GET', webhooksPath(team))).items;
    },

    async removeWebhook(team: string, id: number): Promise<void> {
      await send('DELETE', `${webhooksPath(team)}/${id}`);
    },

    /** Sends a test to a webhook, and says how that went. */
    testWebhook(team: string, id: number): Promise<Delivery> {
      return call(Delivery, 'POST', `${webhooksPath(team)}/${id}/test`);
    },

    /** A page of what a webhook was told, the latest first. */
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
      return send('GET', `/v1/bases/${encodeURIComponent(digest)}`, { most: largest.base });
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

/**
 * A text of a registry as one line of bounded length: what it says after a line break, or very far on, would look like this
 * program's own.
 */
export function oneLine(text: string): string {
  return visibleLine(text.length > maxText ? `${text.slice(0, maxText)}…` : text);
}

function toRegistryError(
  base: string,
  status: number,
  bytes: Uint8Array,
  retryAfter: number | undefined,
): RegistryError {
  const { data } = Problem.safeParse(parseJson(bytes));
  if (!data)
    return new RegistryError(status, '', `${base} answered ${status}.`, [], { retryAfter });
  const id = data.type.startsWith(problemNamespace) ? data.type.slice(problemNamespace.length) : '';
  const { diagnostics = [], omitted = 0 } = data;
  const shown = diagnostics
    .slice(0, maxDiagnostics)
    .map((one) => ({ ...one, id: oneLine(one.id), message: oneLine(one.message) }));
  return new RegistryError(status, id, oneLine(data.detail), shown, {
    omitted: omitted + diagnostics.length - shown.length,
    retryAfter,
  });
}

function reasonOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeout / 1000} seconds`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = (cause as NodeJS.ErrnoException).code ?? cause.message;
  const known = troubles[code];
  return known === undefined ? code : `${known} (${code})`;
}

const untrusted =
  'its certificate is signed by nobody that this machine trusts (--ca-file, SSL_CERT_FILE or ca_file in config.toml names a CA)';
const plain = 'it does not speak TLS; try http://';
/** What is wrong with a connection or a certificate, by Node's codes (OpenSSL's X509_V_ERR_*), as people say it. */
const troubles: Record<string, string> = {
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'its name can not be looked up now',
  ECONNREFUSED: 'nothing listens there',
  // The Fetch Standard's list of ports that are other protocols'.
  'bad port': 'HTTP clients do not connect to that port',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'no route to host',
  ETIMEDOUT: 'nothing answers there',
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
