import { migrate } from '../db/migrate.ts';
import { addToken } from '../db/tokens.ts';
import { openRemote } from '../db/web.ts';
import { parseNoteSigner } from '../trust/index.ts';
import { createApp } from './app.ts';
import { defaultLimits } from './deps.ts';
import { createLog } from './log.ts';
import { createOidc, type Issuer, parseIssuer, wellKnownIssuers } from './oidc.ts';
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
  /** The addresses of witnesses that are asked to cosign the log's checkpoints, with spaces between. */
  WITNESSES?: string;
  /** Where others reach the registry; without it no CI job is known by its OpenID Connect token. */
  PUBLIC_URL?: string;
  /** CI providers besides the well-known ones: `github=URL` and `gitlab=URL`, with spaces between. */
  OIDC_ISSUERS?: string;
}

type App = ReturnType<typeof createApp>;

/**
 * The app of this isolate. Requests that come before it is there each make one: to wait for another request's
 * promise would be to wait for ever if that one is cancelled.
 */
let app: App | undefined;

async function start(bindings: Bindings): Promise<App> {
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
  return createApp({
    db,
    log,
    now,
    limits: { profileBytes },
    oidc: bindings.PUBLIC_URL
      ? createOidc(bindings.PUBLIC_URL, [
          ...wellKnownIssuers,
          ...words(bindings.OIDC_ISSUERS).map(requireIssuer),
        ])
      : undefined,
  });
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

export default {
  async fetch(request: Request, bindings: Bindings): Promise<Response> {
    app ??= await start(bindings);
    return app.fetch(request);
  },
};
