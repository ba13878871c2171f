import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import Connection from 'libsql';
import type { Traffic } from './traffic.ts';

/**
 * A server of the Hrana protocol over HTTP (version 2, JSON) for an embedded libSQL file, so that a worker under test uses
 * the same client as in production. Each stream has a connection for itself, as on a real server; the next one gets it
 * afterwards.
 */
export interface HranaServer {
  url: string;
  traffic: Traffic;
  /** Executes the next request with matching SQL but loses its response; the result is whether that has happened. */
  loseResponse: (sql: RegExp) => () => boolean;
  close: () => Promise<void>;
}

type Value =
  | { type: 'null' }
  | { type: 'integer'; value: string }
  | { type: 'float'; value: number }
  | { type: 'text'; value: string }
  | { type: 'blob'; base64: string };

interface Statement {
  sql?: string;
  sql_id?: number;
  args?: Value[];
  named_args?: { name: string; value: Value }[];
  want_rows?: boolean;
}

type Condition =
  | { type: 'ok' | 'error'; step: number }
  | { type: 'not'; cond: Condition }
  | { type: 'and' | 'or'; conds: Condition[] }
  | { type: 'is_autocommit' };

type Request =
  | { type: 'execute'; stmt: Statement }
  | { type: 'batch'; batch: { steps: { condition?: Condition; stmt: Statement }[] } }
  | { type: 'sequence'; sql?: string; sql_id?: number }
  | { type: 'store_sql'; sql_id: number; sql: string }
  | { type: 'close_sql'; sql_id: number }
  | { type: 'get_autocommit' }
  | { type: 'close' };

interface Stream {
  connection: Connection.Database;
  sql: Map<number, string>;
  isClosed: boolean;
}

/** The statements of each connection: to open a connection and to prepare a statement take longer than most queries. */
const statements = new WeakMap<Connection.Database, Map<string, Connection.Statement>>();

/** The maximum number of prepared statements of a connection. */
const maxStatements = 500;

/** The time that a statement waits for another stream's transaction, in milliseconds. */
const busyTimeout = 5_000;

export async function startHrana(path: string): Promise<HranaServer> {
  const streams = new Map<string, Stream>();
  const idle: Connection.Database[] = [];
  const open = (): Stream => ({
    connection: idle.pop() ?? new Connection(path),
    sql: new Map(),
    isClosed: false,
  });
  /** Ends a transaction that the stream has left open, as closing its connection would. */
  const release = ({ connection }: Stream) => {
    if (connection.inTransaction) connection.close();
    else idle.push(connection);
  };
  const traffic: Traffic = [];
  let lost: RegExp | undefined;

  // By default, Node's server closes a connection after five idle seconds, which on a busy machine loses requests.
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const respond = (status: number, body: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.url === '/v2' || request.url === '/v3') return respond(200, {});
    if (request.method !== 'POST' || request.url !== '/v2/pipeline') {
      return respond(404, { message: 'not found' });
    }
    // A killed worker disconnects during its request.
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const { baton, requests } = JSON.parse(body) as {
      baton?: string | null;
      requests: Request[];
    };
    const stream = baton ? streams.get(baton) : open();
    if (!stream) return respond(400, { message: 'the stream has expired', code: 'STREAM_EXPIRED' });
    if (baton) streams.delete(baton);

    const results: unknown[] = [];
    for (const one of requests) {
      try {
        results.push({ type: 'ok', response: await handle(stream, one) });
      } catch (error) {
        results.push({ type: 'error', error: describe(error) });
      }
    }
    const texts = requests.flatMap((one) => textsOf(stream, one));
    traffic.push(texts.filter((sql) => !/^\s*(?:begin|commit|rollback)\b/i.test(sql)));
    if (lost && texts.some((sql) => lost?.test(sql))) {
      lost = undefined;
      release(stream);
      request.socket.destroy();
      return;
    }
    let next: string | null = null;
    if (stream.isClosed) release(stream);
    else {
      next = randomUUID();
      streams.set(next, stream);
    }
    respond(200, { baton: next, base_url: null, results });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    traffic,
    loseResponse: (sql) => {
      lost = sql;
      return () => lost !== sql;
    },
    close: () =>
      close(server, [...[...streams.values()].map(({ connection }) => connection), ...idle]),
  };
}

/** The SQL of a request. */
function textsOf({ sql }: Stream, request: Request): string[] {
  const textOf = (stmt: Statement) => stmt.sql ?? sql.get(stmt.sql_id ?? -1) ?? '';
  if (request.type === 'execute') return [textOf(request.stmt)];
  return request.type === 'batch' ? request.batch.steps.map(({ stmt }) => textOf(stmt)) : [];
}

async function close(server: Server, connections: Connection.Database[]): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  for (const connection of connections) connection.close();
}

async function handle(stream: Stream, request: Request): Promise<unknown> {
  const { connection, sql } = stream;
  switch (request.type) {
    case 'execute':
      return {
        type: 'execute',
        result: await retryWhileLocked(() => execute(stream, request.stmt)),
      };
    case 'batch':
      return { type: 'batch', result: batch(stream, request.batch.steps) };
    case 'sequence':
      await retryWhileLocked(() =>
        connection.exec(request.sql ?? sql.get(request.sql_id ?? -1) ?? ''),
      );
      return { type: 'sequence' };
    case 'store_sql':
      sql.set(request.sql_id, request.sql);
      return { type: 'store_sql' };
    case 'close_sql':
      sql.delete(request.sql_id);
      return { type: 'close_sql' };
    case 'get_autocommit':
      return { type: 'get_autocommit', is_autocommit: !connection.inTransaction };
    case 'close':
      stream.isClosed = true;
      return { type: 'close' };
  }
}

/** Retries while another stream holds the lock. */
async function retryWhileLocked<Result>(attempt: () => Result): Promise<Result> {
  const deadline = Date.now() + busyTimeout;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error;
      await sleep(2);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Connection.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

/** Executes statements without interruption by other streams. */
function batch(stream: Stream, steps: { condition?: Condition; stmt: Statement }[]) {
  const results: unknown[] = [];
  const errors: unknown[] = [];
  const holds = (condition: Condition): boolean => {
    switch (condition.type) {
      case 'ok':
        return results[condition.step] != null;
      case 'error':
        return errors[condition.step] != null;
      case 'not':
        return !holds(condition.cond);
      case 'and':
        return condition.conds.every(holds);
      case 'or':
        return condition.conds.some(holds);
      case 'is_autocommit':
        return !stream.connection.inTransaction;
    }
  };
  for (const { condition, stmt } of steps) {
    let result: unknown = null;
    let error: unknown = null;
    if (!condition || holds(condition)) {
      try {
        result = execute(stream, stmt);
      } catch (thrown) {
        error = describe(thrown);
      }
    }
    results.push(result);
    errors.push(error);
  }
  return { step_results: results, step_errors: errors };
}

function execute({ connection, sql }: Stream, stmt: Statement) {
  const prepared = prepare(connection, stmt.sql ?? sql.get(stmt.sql_id ?? -1) ?? '');
  const args = bind(stmt);
  if (!returnsRows(prepared)) {
    const { changes, lastInsertRowid } = prepared.run(args);
    return {
      cols: [],
      rows: [],
      affected_row_count: changes,
      last_insert_rowid: String(lastInsertRowid),
    };
  }
  const cols = prepared.columns().map(({ name, type }) => ({ name, decltype: type }));
  const rows = (prepared.all(args) as unknown[][]).map((row) => row.map(encode));
  return { cols, rows, affected_row_count: 0, last_insert_rowid: null };
}

function prepare(connection: Connection.Database, sql: string): Connection.Statement {
  const known = statements.get(connection) ?? new Map<string, Connection.Statement>();
  statements.set(connection, known);
  const before = known.get(sql);
  if (before) return before;
  if (known.size >= maxStatements) known.clear();
  const prepared = connection.prepare(sql);
  prepared.safeIntegers(true);
  known.set(sql, prepared);
  return prepared;
}

/** Whether a statement returns rows: in libsql, raw() throws for those that do not. */
function returnsRows(prepared: Connection.Statement): boolean {
  try {
    prepared.raw(true);
    return true;
  } catch {
    return false;
  }
}

function bind({ args = [], named_args = [] }: Statement): unknown {
  if (named_args.length === 0) return args.map(decode);
  return Object.fromEntries(
    named_args.map(({ name, value }) => [name.replace(/^[:@$]/, ''), decode(value)]),
  );
}

function decode(value: Value): unknown {
  switch (value.type) {
    case 'null':
      return null;
    case 'integer':
      return BigInt(value.value);
    case 'blob':
      return Buffer.from(value.base64, 'base64');
    default:
      return value.value;
  }
}

function encode(value: unknown): Value {
  if (value === null) return { type: 'null' };
  if (typeof value === 'bigint') return { type: 'integer', value: String(value) };
  if (typeof value === 'number') return { type: 'float', value };
  if (typeof value === 'string') return { type: 'text', value };
  return { type: 'blob', base64: Buffer.from(value as Uint8Array).toString('base64') };
}

function describe(error: unknown): { message: string; code: string } {
  if (error instanceof Connection.SqliteError) return { message: error.message, code: error.code };
  return { message: String(error), code: 'UNKNOWN' };
}
