/** A difference between the database and what it should contain. */
export interface Difference {
  /** The kind; the ids are stable. */
  id: DifferenceId;
  /** A description for people. */
  detail: string;
}

/** The kinds of differences. */
export type DifferenceId =
  /** SQLite reports damage. */
  | 'database-damaged'
  /** The schema differs from what the migrations make, such as by a trigger. */
  | 'schema-differs'
  /** A row refers to a missing row. */
  | 'reference-broken'
  /** A value does not have the type of its column. */
  | 'value-malformed'
  | 'entry-missing'
  /** An entry's text is malformed. */
  | 'entry-malformed'
  /** A tile does not match the entries. */
  | 'tile-differs'
  /** The log's head does not match the entries. */
  | 'head-differs'
  | 'checkpoint-invalid'
  /** The row of a log entry is missing. */
  | 'row-missing'
  /** A row has no log entry. */
  | 'entry-absent'
  /** A row differs from its log entry. */
  | 'row-differs'
  /** A text does not have the digest that it is stored under. */
  | 'content-differs'
  | 'content-missing'
  /** An envelope is not validly signed by the team for its version. */
  | 'envelope-invalid'
  | 'key-invalid'
  /** Derived data differs from its source rows. */
  | 'derived-differs';

export type Report = (id: DifferenceId, detail: string) => void;
