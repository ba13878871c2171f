import type { InValue } from '@libsql/client';
import { ConnectionPool, Sqlite3Client } from '@libsql/client/sqlite3';
import type Libsql from 'libsql';
import { LRUCache } from 'lru-cache';

/** The maximum number of prepared statements of a connection: more than one test of the API prepares on any (135). */
const maxStatements = 200;

/** The maximum number of connections: a transaction has one to itself. */
const maxConnections = 20;

type Statement = Libsql.Statement<unknown[]>;

/**
 * Opens a database file with connections that keep their prepared statements: preparing one takes several times as long
 * as a query by key. SQLite itself prepares a statement again when the schema has changed (sqlite.org/c3ref/prepare.html).
 *
 * @param timeout how long a write waits for one of another process, in milliseconds
 */
export function createEmbeddedClient(path: string, timeout: number): EmbeddedClient {
  return new EmbeddedClient(new PreparingPool(path, { timeout }, maxConnections), 'number');
}

/** The client of a database file. */
export class EmbeddedClient extends Sqlite3Client {
  /** A connection for reads only, which need not wait for another: libsql reads synchronously. */
  #reader: Libsql.Database;
  #singleRows: Statements;

  constructor(pool: PreparingPool, integers: 'number') {
    super(pool, integers);
    this.#reader = pool.acquireSync();
    // Apart from those of `rows`: libsql resets a statement after `get` only if it succeeds. One that `all` has executed, or
    // that failed, would ignore the next arguments and return a row of the last ones.
    this.#singleRows = pool.statementsOf(this.#reader);
  }

  /**
   * The columns of a query's first row; `undefined` if it has none. It takes half the time of `execute`, which creates a
   * cursor. Throws libsql's own errors.
   */
  first({ sql, args }: { sql: string; args: InValue[] }): unknown[] | undefined {
    try {
      const row = this.#singleRows.get(sql).get(args.map(toSqlite)) as unknown[] | undefined;
      return row?.map(fromSqlite);
    } catch (error) {
      this.#singleRows.drop(sql);
      throw error;
    }
  }

  /** The rows of queries as arrays, all from one snapshot of the database. Throws libsql's own errors. */
  rows(statements: { sql: string; args: InValue[] }[]): unknown[][][] {
    const reader = this.#reader;
    const together = statements.length > 1;
    try {
      if (together) reader.prepare('BEGIN DEFERRED').run();
      return statements.map(({ sql, args }) => {
        const rows = reader.prepare(sql).all(args.map(toSqlite)) as unknown[][];
        return rows.map((row) => row.map(fromSqlite));
      });
    } finally {
      if (together && reader.inTransaction) reader.prepare('ROLLBACK').run();
    }
  }
}

/** As the client passes arguments. */
const toSqlite = (value: unknown) => (typeof value === 'boolean' ? Number(value) : value);

/** As the client returns values. */
function fromSqlite(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(`The integer ${value} can't be represented as a number`);
}

class PreparingPool extends ConnectionPool {
  #prepare = new WeakMap<Libsql.Database, (sql: string) => unknown>();

  override acquireSync(forTransaction?: boolean): Libsql.Database {
    const connection = super.acquireSync(forTransaction);
    if (!this.#prepare.has(connection)) {
      this.#prepare.set(connection, connection.prepare.bind(connection));
      connection.prepare = this.statementsOf(connection).get as typeof connection.prepare;
    }
    return connection;
  }

  /** New statements of a connection. */
  statementsOf(connection: Libsql.Database): Statements {
    return createStatements(this.#prepare.get(connection) as (sql: string) => unknown);
  }
}

/** Prepared statements by their SQL. */
interface Statements {
  get: (sql: string) => Statement;
  /** Prepares the statement again at its next use. */
  drop: (sql: string) => void;
}

function createStatements(prepare: (sql: string) => unknown): Statements {
  const statements = new LRUCache<string, Statement>({ max: maxStatements });
  return {
    get: (sql) => {
      let statement = statements.get(sql);
      if (!statement) {
        statement = configureOnce(prepare(sql) as Statement);
        statements.set(sql, statement);
      }
      return statement;
    },
    drop: (sql) => void statements.delete(sql),
  };
}

/**
 * Sets the form of the rows as the client wants it and reads the names of the columns once, since each is a call of
 * native code; the client does so before each execution.
 */
function configureOnce(statement: Statement): Statement {
  statement.safeIntegers(true);
  let refusal: unknown;
  try {
    statement.raw(true);
  } catch (error) {
    // The statement returns no rows.
    refusal = error;
  }
  const columns = refusal ? [] : statement.columns();
  statement.safeIntegers = () => statement;
  statement.raw = () => {
    if (refusal) throw refusal;
    return statement;
  };
  statement.columns = () => columns;
  return statement;
}
