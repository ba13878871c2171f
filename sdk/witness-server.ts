import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  decide,
  formatNote,
  type LogIdentity,
  type NoteKey,
  parseAddCheckpoint,
  parseNote,
  parseSignatures,
  verifyCheckpoint,
  type WitnessDecision,
  type WitnessedLog,
} from '../trust/log/index.ts';
import { type KeptCheckpoint, readKept, replaceKept } from './witness-state.ts';

/** How a witness runs. */
export interface WitnessOptions {
  /** Of type `cosignature`. */
  key: NoteKey;
  /** The logs it cosigns, each with an origin of its own. */
  logs: LogIdentity[];
  /** The folder that keeps what it cosigned last. */
  state: string;
  host: string;
  /** 0 picks a free one. */
  port: number;
  now?: () => Date;
  /** Told of every answer, in one line. */
  onAnswer?: (line: string) => void;
}

/** A witness that is listening. */
export interface RunningWitness {
  url: string;
  close: () => Promise<void>;
}

/** The state of a witness can't be used. */
export class WitnessStateError extends Error {}

/** The longest request, in bytes: a proof of 63 hashes and a checkpoint with many signatures fit. */
const longestRequest = 64 * 1024;

/** How long a client may take to send its request, in milliseconds. */
const requestTimeout = 10_000;

/**
 * Serves `POST /add-checkpoint` (C2SP tlog-witness): cosigns the checkpoints of logs that only grow. What it
 * cosigned is kept before it answers, so that it can't cosign a fork after a crash either. Throws when the
 * address can't be had or the state not be read.
 */
export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const { logs, state, key } = options;
  await Promise.all(logs.map((log) => readKnown(state, log, key)));
  const server = createServer({ requestTimeout, headersTimeout: requestTimeout }, (...exchange) => {
    void serve(options, ...exchange);
  });
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
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { onAnswer = () => {} } = options;
  try {
    const { status, contentType, body } = await answer(options, request);
    const detail = status === 200 ? 'cosigned' : body.trimEnd();
    onAnswer(`${request.method} ${request.url}: ${status} ${detail}`);
    response.writeHead(status, {
      'Content-Type': contentType,
      // The rest of a request that was not read would be taken for the next one.
      ...(status === 413 && { Connection: 'close' }),
      ...(status === 405 && { Allow: 'POST' }),
    });
    response.end(body);
  } catch (error) {
    onAnswer(`${request.method} ${request.url}: 500 ${(error as Error).message}`);
    response.writeHead(500, { 'Content-Type': 'text/plain', Connection: 'close' });
    response.end('something went wrong here\n');
  }
}

type Answer = WitnessDecision | { status: 405 | 413; contentType: 'text/plain'; body: string };

async function answer(options: WitnessOptions, request: IncomingMessage): Promise<Answer> {
  const contentType = 'text/plain';
  if (request.url !== '/add-checkpoint') {
    return { status: 404, contentType, body: 'there is /add-checkpoint only\n' };
  }
  if (request.method !== 'POST') return { status: 405, contentType, body: 'only POST is known\n' };
  const bytes = await readAtMost(request, longestRequest);
  if (!bytes) return { status: 413, contentType, body: 'the request is too long\n' };
  const body = decodeUtf8(bytes);
  if (body === undefined) return { status: 400, contentType, body: 'the request is not UTF-8\n' };
  return cosign(options, body);
}

/** Decides upon what is kept, and again whenever somebody else has changed that meanwhile. */
async function cosign(
  { key, logs, state, now = () => new Date() }: WitnessOptions,
  body: string,
): Promise<WitnessDecision> {
  for (;;) {
    const known = await Promise.all(logs.map((log) => readKnown(state, log, key)));
    const find = (origin: string) => known.find((log) => log.origin === origin);
    const decision = await decide({ find, keys: [key], now: now() }, body);
    if (decision.status !== 200) return decision;
    const { origin, size } = decision.latest;
    const log = find(origin) as KnownLog;
    if (log.latest?.size === size) return decision;
    const note = noteToKeep(log, body, decision.body);
    if (await replaceKept(folderOf(state, origin), log.kept, note)) return decision;
  }
}

interface KnownLog extends WitnessedLog {
  kept: KeptCheckpoint;
}

async function readKnown(state: string, log: LogIdentity, key: NoteKey): Promise<KnownLog> {
  const folder = folderOf(state, log.origin);
  const kept = await readKept(folder);
  if (kept.note === undefined) return { ...log, kept, latest: undefined };
  // The log's key may have changed since: what this witness cosigned itself is believed too.
  const identity = { origin: log.origin, keys: [...log.keys, key] };
  const verified = await verifyCheckpoint(kept.note, identity);
  if (verified.ok) return { ...log, kept, latest: verified.checkpoint };
  throw new WitnessStateError(`${join(folder, String(kept.number))}: ${verified.reason}`);
}

/** The checkpoint with the log's signatures and the witness's own: anybody else's may be too many. */
function noteToKeep({ keys }: LogIdentity, body: string, cosignatures: string): string {
  const note = parseNote(parseAddCheckpoint(body)?.checkpoint ?? '');
  if (!note) throw new TypeError('what was cosigned is no note');
  const signatures = note.signatures.filter(({ name, id }) =>
    keys.some((key) => key.name === name && key.id === id),
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
  // Not destroyed on return: it would take the answer with it.
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
