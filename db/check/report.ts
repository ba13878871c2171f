/** One thing that is not as it should be. */
export interface Difference {
  /** What kind; the ids are stable. */
  id: DifferenceId;
  /** What exactly, in words. */
  detail: string;
}

/** What `check` may find. */
export type DifferenceId =
  /** SQLite itself finds the file damaged. */
  | 'database-damaged'
  /** It has something that its migrations do not make, such as a trigger, or makes it otherwise. */
  | 'schema-differs'
  /** A row refers to another that is not there. */
  | 'reference-broken'
  /** A value is not of the kind that its column is for. */
  | 'value-malformed'
  | 'entry-missing'
  /** An entry's text is none that the registry writes. */
  | 'entry-malformed'
  /** A tile holds other hashes than the entries make. */
  | 'tile-differs'
  /** What is kept of the log's head differs from what the entries make. */
  | 'head-differs'
  | 'checkpoint-invalid'
  /** An entry of the log without what it is about. */
  | 'row-missing'
  /** Something that the log does not tell of. */
  | 'entry-absent'
  /** The log tells something else of it. */
  | 'row-differs'
  /** A text has another digest than it is kept under. */
  | 'content-differs'
  | 'content-missing'
  /** An envelope that none of the team's keys has signed for what it stands by. */
  | 'envelope-invalid'
  | 'key-invalid'
  /** What is derived from other rows differs from what they make. */
  | 'derived-differs';

export type Report = (id: DifferenceId, detail: string) => void;
