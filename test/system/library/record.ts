// What the trials found, kept in files: the quick tests make docs/library.md of them.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Attempt, refused } from './trial.ts';

/** What a trial of a server found. */
export interface Record {
  /** The release that was tried. */
  version: string;
  /** Whether each attack was refused. */
  refused: { [attack: string]: boolean };
}

/** The file of a server's record. */
export function recordOf(name: string): string {
  return path.join(import.meta.dirname, 'found', `${name}.json`);
}

/** Reads a server's record. */
export async function readRecord(name: string): Promise<Record> {
  return JSON.parse(await readFile(recordOf(name), 'utf8'));
}

/** The text of a record. */
export function recordText({
  version,
  attempts,
}: {
  version: string;
  attempts: Attempt[];
}): string {
  const record: Record = {
    version,
    refused: Object.fromEntries(attempts.map(({ what, error }) => [what, refused(error)])),
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}
