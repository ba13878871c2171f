import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Database } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { openFile } from '../db/node.ts';
import { addToken, countAdminTokens } from '../db/tokens.ts';
import { generateNoteKey, type NoteKey, parseNoteSigner } from '../trust/index.ts';
import { createApp } from './app.ts';
import { defaultLimits } from './deps.ts';
import { createLog, takeTurns } from './log.ts';
import { createOidc, type Issuer, wellKnownIssuers } from './oidc.ts';
import { generateToken, hashToken } from './token.ts';
import { createWitnesses } from './witness.ts';

/** How long a client may take to send a request's head, and all of it, in milliseconds. */
const headersTimeout = 20_000;
const requestTimeout = 120_000;

/** How long requests under way may take when the registry is to end, in milliseconds. */
const grace = 5_000;

/** How a registry on Node runs. */
export interface ServeOptions {
  /** The folder that holds the database and the log key; made when it is absent. */
  data: string;
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** The largest profile that may be published, in bytes. */
  profileBytes?: number;
  /** Make another administrator token although there is one: for whoever lost it. */
  newAdminToken?: boolean;
  /** The addresses of witnesses that are asked to cosign the log's checkpoints. */
  witnesses?: string[];
  /** Where others reach the registry; without it no CI job is known by its OpenID Connect token. */
  publicUrl?: string;
  /** CI providers besides the well-known ones. */
  issuers?: Issuer[];
}

/** What is in the data folder can't be used. */
export class DataError extends Error {}

/** A registry that is listening. */
export interface RunningRegistry {
  url: string;
  /** The log key's verifier, for hosts to pin. */
  logVerifier: string;
  /** The administrator token that this start made, if it made one; it can't be had again. */
  adminToken: string | undefined;
  /** Stops listening, waits a while for the requests under way and closes the database. */
  close: () => Promise<void>;
}

/** Starts a registry with an embedded database. Throws when the folder or the address can't be had, a
 * {@link DataError} when the folder holds something else. */
export async function startRegistry(options: ServeOptions): Promise<RunningRegistry> {
  await mkdir(options.data, { recursive: true, mode: 0o700 });
  const logKey = await loadLogKey(join(options.data, 'log.key'));
  const db = await openDatabase(join(options.data, 'registry.db'));
  const adminToken =
    options.newAdminToken || (await countAdminTokens(db)) === 0 ? generateToken() : undefined;

  const profileBytes = options.profileBytes ?? defaultLimits.profileBytes;
  const now = () => new Date();
  const witnesses = options.witnesses?.length ? createWitnesses(options.witnesses, now) : undefined;
  const log = createLog({ db, key: logKey, now, inTurn: takeTurns(), witnesses });
  const issuers = [...wellKnownIssuers, ...(options.issuers ?? [])];
  const app = createApp({
    db,
    log,
    now,
    limits: { profileBytes },
    oidc: options.publicUrl === undefined ? undefined : createOidc(options.publicUrl, issuers),
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { headersTimeout, requestTimeout },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });

  // Only now: a start that fails must not leave a token that nobody has seen.
  if (adminToken !== undefined) {
    await addToken(db, {
      hash: await hashToken(adminToken),
      label: 'administrator',
      team: null,
      createdAt: new Date().toISOString(),
    });
  }
  return {
    url: formatUrl(server.address() as AddressInfo),
    logVerifier: logKey.verifier,
    adminToken,
    close: async () => {
      await new Promise((resolve) => {
        server.close(resolve);
        if ('closeIdleConnections' in server) server.closeIdleConnections();
        // Whoever has not sent a request by then may never do.
        setTimeout(() => {
          if ('closeAllConnections' in server) server.closeAllConnections();
        }, grace).unref();
      });
      db.$client.close();
    },
  };
}

async function openDatabase(path: string): Promise<Database> {
  try {
    const db = await openFile(path);
    await migrate(db);
    return db;
  } catch (error) {
    throw new DataError(`the database ${path} can't be used: ${(error as Error).message}`);
  }
}

function formatUrl({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** The log's key: made at the first start, readable by its owner only, never replaced. */
async function loadLogKey(path: string): Promise<NoteKey> {
  const stored = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stored !== undefined) {
    const key = await parseNoteSigner(stored.trim());
    if (!key) throw new DataError(`${path} holds no log key; restore it from a backup`);
    return key;
  }
  const key = await generateNoteKey(`${hostname()}/aa-registry`.replaceAll(/[\s+]/g, '-'));
  // Written whole and then linked in place: a crash leaves no half key, and a second process no second one.
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${key.signer}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return loadLogKey(path);
  } finally {
    await unlink(temporary);
  }
}
