import { migrate } from '../db/migrate.ts';
import { addToken } from '../db/tokens.ts';
import { openRemote } from '../db/web.ts';
import { parseNoteSigner } from '../trust/index.ts';
import { defaultLimits } from './deps.ts';
import { createLog } from './log.ts';
import { createOidc, type Issuer, parseIssuer, wellKnownIssuers } from './oidc.ts';
import type { Limiter } from './rate-limit.ts';
import { createReindexing, type Reindexing } from './reindexing.ts';
import { createRequestLog, isLogLevel } from './request-log.ts';
import { createService, type Service } from './service.ts';
import { createDeliverer, type Deliverer } from './webhooks/deliver.ts';
import { createDestinations } from './webhooks/destination.ts';
import { createFetchSend } from './webhooks/send.ts';
import { createWitnesses } from './witness.ts';

/** What wrangler.toml and the secrets provide. */
interface Bindings {
  /** `libsql://…` or `https://…` of the database. */
  LIBSQL_URL: string;
  LIBSQL_AUTH_TOKEN?: string;
  /** The log's key, as `aa-registry log key` makes it. */
  LOG_KEY: string;
  /** Hexadecimal SHA-256 of the first administrator token. */
  ADMIN_TOKEN_SHA256?: string;
  /** The largest profile that may be published, in bytes. */
  PROFILE_BYTES?: string;
  /** The most profiles, versions and bytes that a team may store. */
  TEAM_PROFILES?: string;
  TEAM_VERSIONS?: string;
  TEAM_BYTES?: string;
  /** Networks that webhooks may go to although they are not public, with spaces between: for tests. */
  WEBHOOK_NETWORKS?: string;
  /** How much of what it answers an isolate keeps in memory, in bytes; 0: nothing. */
  ANSWER_CACHE_BYTES?: string;
  /** The addresses of witnesses that are asked to cosign the log's checkpoints, with spaces between. */
  WITNESSES?: string;
  /** Where others reach the registry; without it no CI job is known by its OpenID Connect token. */
  PUBLIC_URL?: string;
  /** CI providers besides the well-known ones: `github=URL` and `gitlab=URL`, with spaces between. */
  OIDC_ISSUERS?: string;
  /** Which requests are logged: off, error or info. */
  LOG_LEVEL?: string;
  /** Rate Limiting bindings: by client address without a token, and by token. */
  ADDRESS_LIMIT?: RateLimitBinding;
  TOKEN_LIMIT?: RateLimitBinding;
}

interface RateLimitBinding {
  limit: (options: { key: string }) => Promise<{ success: boolean }>;
}

interface Context {
  waitUntil: (work: Promise<unknown>) => void;
}

interface Registry extends Service {
  deliverer: Deliverer;
  reindexing: Reindexing;
}

/** How much of what it answers an isolate keeps, in bytes: it has 128 MB for all it does. */
const defaultAnswerBytes = 16 * 1024 * 1024;

/** The longest period that a Rate Limiting binding may count over, in seconds: when a client may try again. */
const longestPeriod = 60;

/**
 * The service of this isolate. Requests that come before it is there each make one: to wait for another request's
 * promise would be to wait for ever if that one is cancelled.
 */
let registry: Registry | undefined;

async function start(bindings: Bindings): Promise<Registry> {
  const db = openRemote(bindings.LIBSQL_URL, bindings.LIBSQL_AUTH_TOKEN);
  await migrate(db);
  if (bindings.ADMIN_TOKEN_SHA256) {
    await addToken(db, {
      hash: bindings.ADMIN_TOKEN_SHA256,
      label: 'first administrator',
      team: null,
      createdAt: new Date().toISOString(),
    });
  }
  const profileBytes = Number(bindings.PROFILE_BYTES ?? defaultLimits.profileBytes);
  const now = () => new Date();
  const key = await parseNoteSigner(bindings.LOG_KEY.trim());
  if (!key) throw new Error('the secret LOG_KEY holds no log key');
  const urls = words(bindings.WITNESSES);
  const witnesses = urls.length > 0 ? createWitnesses(urls, now) : undefined;
  const log = createLog({ db, key, now, witnesses });
  const level = bindings.LOG_LEVEL || 'info';
  if (!isLogLevel(level)) throw new Error(`LOG_LEVEL is "${level}": it is off, error or info`);
  const requestLog = createRequestLog(level, console.log);
  const destinations = createDestinations(words(bindings.WEBHOOK_NETWORKS));
  const send = createFetchSend(destinations);
  const deliverer = createDeliverer({ db, now, destinations, send });
  const { fetch } = createService({
    db,
    log,
    now,
    limits: {
      profileBytes,
      team: {
        profiles: Number(bindings.TEAM_PROFILES || defaultLimits.team.profiles),
        versions: Number(bindings.TEAM_VERSIONS || defaultLimits.team.versions),
        bytes: Number(bindings.TEAM_BYTES || defaultLimits.team.bytes),
      },
      answerBytes: Number(bindings.ANSWER_CACHE_BYTES || defaultAnswerBytes),
    },
    oidc: bindings.PUBLIC_URL
      ? createOidc(bindings.PUBLIC_URL, [
          ...wellKnownIssuers,
          ...words(bindings.OIDC_ISSUERS).map(requireIssuer),
        ])
      : undefined,
    observers: requestLog ? [requestLog] : [],
    // Cloudflare itself sets it; nobody else can.
    addressOf: (request) => request.headers.get('CF-Connecting-IP') ?? undefined,
    rateLimits: {
      address: limiterOf(bindings.ADDRESS_LIMIT),
      token: limiterOf(bindings.TOKEN_LIMIT),
    },
    deliverer,
  });
  return { fetch, deliverer, reindexing: createReindexing(db) };
}

function words(text = ''): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function requireIssuer(text: string): Issuer {
  const issuer = parseIssuer(text);
  if (!issuer)
    throw new Error(`OIDC_ISSUERS holds "${text}", which is neither github= nor gitlab=`);
  return issuer;
}

function limiterOf(binding: RateLimitBinding | undefined): Limiter | undefined {
  if (!binding) return undefined;
  return {
    policy: undefined,
    take: async (key) => ({ ok: (await binding.limit({ key })).success, reset: longestPeriod }),
  };
}

export default {
  async fetch(request: Request, bindings: Bindings, context: Context): Promise<Response> {
    registry ??= await start(bindings);
    const response = await registry.fetch(request);
    // What changes something may have filled the outbox; the cron trigger sees to what is left.
    const changes = request.method !== 'GET' && request.method !== 'HEAD' && response.ok;
    if (changes) context.waitUntil(registry.deliverer.deliverDue());
    const indexing = registry.reindexing(Date.now());
    if (indexing) context.waitUntil(indexing);
    return response;
  },

  /** The cron trigger of wrangler.toml: deliveries that are due again. */
  async scheduled(_event: unknown, bindings: Bindings): Promise<void> {
    registry ??= await start(bindings);
    await Promise.all([registry.deliverer.deliverDue(), registry.reindexing(Date.now())]);
  },
};
