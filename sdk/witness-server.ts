import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type Checkpoint,
  decide,
  formatNote,
  type LogIdentity,
  type NoteKey,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  parseSignatures,
  verifyCheckpoint,
  type WitnessedLog,
  type WitnessResponse,
} from '../trust/log/index.ts';
import { SdkError } from './error.ts';
import {
  readStored,
  removeAbandoned,
  replaceStored,
  type StoredCheckpoint,
} from './witness-state.ts';

/** The options of a witness. */
export interface WitnessOptions {
  /** Of type `cosignature`. */
  key: NoteKey;
  /** The logs it cosigns, each with its own origin. */
  logs: LogIdentity[];
  /** The folder with the latest cosigned checkpoints. */
  state: string;
  host: string;
  /** 0 picks a free one. */
  port: number;
  now?: () => Date;
  /** Called with one line for each response. */
  onResponse?: (line: string) => void;
}

/** A witness that is listening. */
export interface RunningWitness {
  url: string;
  close: () => Promise<void>;
}

/** The maximum size of a request, in bytes: fits a proof of 63 hashes and a checkpoint with many signatures. */
const maxRequest = 64 * 1024;

/** The timeout for receiving a request, and the interval at which it is checked, in milliseconds. */
const requestTimeout = 10_000;
const connectionsCheckingInterval = 1_000;

/** The maximum number of concurrent connections: a log uses one. */
const maxConnections = 256;

/**
 * Serves `POST /add-checkpoint` (C2SP tlog-witness): cosigns the checkpoints of logs that only grow. A cosignature is
 * stored durably before the response, so that a crash can't lead to cosigning a fork. Throws if the address can't be
 * bound or the state can't be read.
 */
export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const { logs, state } = options;
  await Promise.all(logs.map(({ origin }) => removeAbandoned(folderOf(state, origin))));
  const readKnown = createReader(options);
  await Promise.all(logs.map(readKnown));
  const server = createServer(
    { requestTimeout, headersTimeout: requestTimeout, connectionsCheckingInterval },
    (...exchange) => {
      void serve(options, readKnown, ...exchange);
    },
  );
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    url: formatUrl(server.address() as AddressInfo),
    close: async () => {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeIdleConnections();
      });
    },
  };
}

async function serve(
  options: WitnessOptions,
  readKnown: ReadKnown,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { onResponse = () => {} } = options;
  try {
    const { status, contentType, body } = await respond(options, readKnown, request);
    const detail = status === 200 ? 'cosigned' : body.trimEnd();
    onResponse(`${request.method} ${request.url}: ${status} ${detail}`);
    response.writeHead(status, {
      'Content-Type': contentType,
      // An unread request body would be parsed as the next request.
      ...(status === 413 && { Connection: 'close' }),
      ...(status === 405 && { Allow: 'POST' }),
    });
    response.end(body);
  } catch (error) {
    onResponse(`${request.method} ${request.url}: 500 ${(error as Error).message}`);
    response.writeHead(500, { 'Content-Type': 'text/plain', Connection: 'close' });
    response.end('internal error\n');
  }
}

type ServedResponse =
  | WitnessResponse
  | { status: 405 | 413; contentType: 'text/plain'; body: string };

async function respond(
  options: WitnessOptions,
  readKnown: ReadKnown,
  request: IncomingMessage,
): Promise<ServedResponse> {
  const contentType = 'text/plain';
  if (request.url !== '/add-checkpoint') {
    return { status: 404, contentType, body: 'not found: only /add-checkpoint exists\n' };
  }
  if (request.method !== 'POST')
    return { status: 405, contentType, body: 'method not allowed: use POST\n' };
  const bytes = await readAtMost(request, maxRequest);
  if (!bytes) return { status: 413, contentType, body: 'the request is too long\n' };
  const body = decodeUtf8(bytes);
  if (body === undefined) return { status: 400, contentType, body: 'the request is not UTF-8\n' };
  return cosign(options, readKnown, body);
}

/** Compares with the stored state, and retries if another process has changed it. */
async function cosign(
  { key, logs, state, now = () => new Date() }: WitnessOptions,
  readKnown: ReadKnown,
  body: string,
): Promise<WitnessResponse> {
  const about = logs.filter(({ origin }) => origin === originOf(body));
  for (;;) {
    const known = await Promise.all(about.map(readKnown));
    const find = (origin: string) => known.find((log) => log.origin === origin);
    const decision = await decide({ find, keys: [key], now: now() }, body);
    if (decision.status !== 200) return decision;
    const { origin, size } = decision.latest;
    const log = find(origin) as KnownLog;
    if (log.latest?.size === size) return decision;
    const note = noteToKeep(log, body, decision.body);
    if (await replaceStored(folderOf(state, origin), log.stored, note)) return decision;
  }
}

interface KnownLog extends WitnessedLog {
  stored: StoredCheckpoint;
}

type ReadKnown = (log: LogIdentity) => Promise<KnownLog>;

/**
 * Reads the stored checkpoint of a log. An unchanged one is not verified again, as anyone may send any number of
 * requests.
 */
function createReader({ state, key }: WitnessOptions): ReadKnown {
  const verified = new Map<string, { note: string; latest: Checkpoint }>();
  return async (log) => {
    const folder = folderOf(state, log.origin);
    const stored = await readStored(folder);
    const { note } = stored;
    if (note === undefined) return { ...log, stored, latest: undefined };
    const before = verified.get(log.origin);
    if (before?.note === note) return { ...log, stored, latest: before.latest };
    // The log's key may have changed since, so the witness's own cosignature is accepted too.
    const identity = { origin: log.origin, keys: [...log.keys, key] };
    const opened = await verifyCheckpoint(note, identity);
    if (!opened.ok) {
      throw new SdkError(
        'witness-state',
        `${join(folder, String(stored.number))}: ${opened.reason}`,
      );
    }
    verified.set(log.origin, { note, latest: opened.checkpoint });
    return { ...log, stored, latest: opened.checkpoint };
  };
}

/** The log that a request names. */
function originOf(body: string): string | undefined {
  const note = parseNote(parseAddCheckpoint(body)?.checkpoint ?? '');
  return note && parseCheckpoint(note.text)?.origin;
}

/** The checkpoint with the signatures of the log and this witness only, as others may be too many. */
function noteToKeep({ keys }: LogIdentity, body: string, cosignatures: string): string {
  const note = parseNote(parseAddCheckpoint(body)?.checkpoint ?? '');
  if (!note) throw new TypeError('the cosigned checkpoint is not a note');
  // One signature per key: a note may repeat a line.
  const signatures = keys.flatMap(({ name, id }) =>
    note.signatures.filter((one) => one.name === name && one.id === id).slice(0, 1),
  );
  const added = parseSignatures(cosignatures) ?? [];
  return formatNote({ text: note.text, signatures: [...signatures, ...added] });
}

function folderOf(state: string, origin: string): string {
  return join(state, `${encodeURIComponent(origin)}.log`);
}

async function readAtMost(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not destroyed on return, which would drop the response.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function formatUrl({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
