import * as z from 'zod';
import { type NoteKey, parseNoteSigner } from '../trust/index.ts';
import { type Issuer, parseIssuer } from './auth/oidc.ts';
import { parseContact } from './contact.ts';
import { parseWitness, type WitnessAddress } from './log/witness.ts';
import { parseNetwork } from './network/network.ts';
import { isLogLevel, type LogLevel, logLevels } from './observability/request-log.ts';
import { defaultLimits, type Limits } from './ports.ts';

/** The settings of a registry on Workers, from wrangler.toml and its secrets. */
export interface Settings {
  databaseUrl: string;
  databaseToken: string | undefined;
  logKey: NoteKey;
  /** Hexadecimal SHA-256 of the first administrator's token. */
  adminTokenHash: string | undefined;
  limits: Limits;
  witnesses: WitnessAddress[];
  publicUrl: string | undefined;
  securityContacts: string[];
  issuers: Issuer[];
  webhookNetworks: string[];
  /** The header, in lower case, with the client's address, set by the proxy in front. */
  addressHeader: string | undefined;
  logLevel: LogLevel;
}

/** An empty variable counts as unset. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const words = <Word>(
  read: (word: string) => Word | undefined | Promise<Word | undefined>,
  what: string,
) =>
  optional(z.string()).transform(async (text, context) => {
    const found: Word[] = [];
    for (const word of (text ?? '').split(/\s+/).filter((one) => one !== '')) {
      const value = await read(word);
      if (value === undefined) context.addIssue(`"${word}" is not ${what}`);
      else found.push(value);
    }
    return found;
  });

const url = (protocols: string[]) => (text: string) =>
  protocols.includes(URL.parse(text)?.protocol ?? '') ? text : undefined;

const count = (preset: number) =>
  optional(z.string().regex(/^\d{1,15}$/, 'must be a whole number')).transform((text) =>
    text === undefined ? preset : Number(text),
  );

const { profileBytes, team, reportDays } = defaultLimits;

/** The default size of the response cache, in bytes: an isolate has 128 MB in total. */
const responseCacheBytes = 16 * 1024 * 1024;

const Variables = z.object({
  LIBSQL_URL: z
    .string('is missing: set it with wrangler secret put LIBSQL_URL')
    .refine(
      url(['libsql:', 'https:', 'http:', 'wss:', 'ws:']),
      'must be a libsql:// or https:// URL',
    ),
  LIBSQL_AUTH_TOKEN: optional(z.string()),
  LOG_KEY: z
    .string('is missing: create one with aa-registry log key')
    .transform(async (text, context) => {
      const key = await parseNoteSigner(text.trim());
      if (key) return key;
      // The value is a secret even if it is malformed, so it is not shown.
      context.addIssue('is not a log key as created by aa-registry log key');
      return z.NEVER;
    }),
  ADMIN_TOKEN_SHA256: optional(
    z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits, as sha256sum prints'),
  ),
  PROFILE_BYTES: count(profileBytes).refine(
    (n) => n > 0 && n <= 64 * 1024 ** 2,
    'must be 1 to 67108864',
  ),
  TEAM_PROFILES: count(team.profiles),
  TEAM_VERSIONS: count(team.versions),
  TEAM_BYTES: count(team.bytes),
  TEAM_CHANGES: count(team.changes),
  TEAM_TOKENS: count(team.tokens),
  TEAM_WEBHOOKS: count(team.webhooks),
  TEAM_HOSTS: count(team.hosts),
  REPORT_DAYS: count(reportDays).refine((n) => n > 0 && n <= 3650, 'must be 1 to 3650'),
  ANSWER_CACHE_BYTES: count(responseCacheBytes),
  WITNESSES: words(parseWitness, 'the http URL of a witness or KEY=URL'),
  PUBLIC_URL: optional(z.string().refine(url(['http:', 'https:']), 'must be an http URL')),
  SECURITY_CONTACT: words(parseContact, 'a mailto:, https: or tel: URI'),
  OIDC_ISSUERS: words(parseIssuer, 'github=URL or gitlab=URL'),
  WEBHOOK_NETWORKS: words(
    (text) => (parseNetwork(text) ? text : undefined),
    'an address or a network',
  ),
  CLIENT_ADDRESS_HEADER: optional(
    z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be a header name'),
  ),
  LOG_LEVEL: optional(z.string().refine(isLogLevel, `must be one of ${logLevels.join(', ')}`)),
});

/** The names of all variables and secrets of a registry on Workers. */
export const variables: string[] = Object.keys(Variables.shape);

/** Reads the settings. Throws an Error that names each invalid variable and the reason, without secrets. */
export async function readSettings(bindings: object): Promise<Settings> {
  const read = await Variables.safeParseAsync(bindings);
  if (!read.success) {
    const errors = read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new Error(`the registry is not configured: ${errors.join('; ')}`);
  }
  const { data } = read;
  return {
    databaseUrl: data.LIBSQL_URL,
    databaseToken: data.LIBSQL_AUTH_TOKEN,
    logKey: data.LOG_KEY,
    adminTokenHash: data.ADMIN_TOKEN_SHA256,
    limits: {
      profileBytes: data.PROFILE_BYTES,
      responseCacheBytes: data.ANSWER_CACHE_BYTES,
      team: {
        profiles: data.TEAM_PROFILES,
        versions: data.TEAM_VERSIONS,
        bytes: data.TEAM_BYTES,
        changes: data.TEAM_CHANGES,
        tokens: data.TEAM_TOKENS,
        webhooks: data.TEAM_WEBHOOKS,
        hosts: data.TEAM_HOSTS,
      },
      reportDays: data.REPORT_DAYS,
    },
    witnesses: data.WITNESSES,
    publicUrl: data.PUBLIC_URL,
    securityContacts: data.SECURITY_CONTACT,
    issuers: data.OIDC_ISSUERS,
    webhookNetworks: data.WEBHOOK_NETWORKS,
    addressHeader: data.CLIENT_ADDRESS_HEADER?.toLowerCase(),
    logLevel: (data.LOG_LEVEL ?? 'info') as LogLevel,
  };
}
