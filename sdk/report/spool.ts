import { reportLimits } from '../../contract/report.ts';
import { statePlace } from '../host/state.ts';
import { list, lookAt, readText, remove, write } from '../host/tree.ts';

/** The most reports that are kept while the registry is away, and their total size in bytes. */
export const spoolLimits = { reports: 50, bytes: 4 * 1024 * 1024 };

const place = (root: string, ...parts: string[]) => statePlace(root, 'fleet', 'spool', ...parts);

/** A report that was not sent yet. */
export interface Spooled {
  sequence: number;
  /** The exact JSON. */
  text: string;
}

/** The sequence numbers of the reports that were not sent yet, ascending. */
function sequences(root: string): number[] {
  return list(place(root))
    .flatMap(({ name }) => /^(\d{1,16})\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

const nameOf = (sequence: number) => `${sequence}.json`;

/** Adds a report, and drops the oldest over the limits; returns how many were dropped. */
export async function addToSpool(root: string, { sequence, text }: Spooled): Promise<number> {
  await write(place(root, nameOf(sequence)), text, 0o600);
  const sizes = sequences(root).map((one) => ({
    one,
    size: lookAt(place(root, nameOf(one)))?.stats.size ?? 0,
  }));
  let bytes = sizes.reduce((sum, { size }) => sum + size, 0);
  let dropped = 0;
  for (const { one, size } of sizes) {
    const isWithin = sizes.length - dropped <= spoolLimits.reports && bytes <= spoolLimits.bytes;
    if (isWithin || one === sequence) break;
    removeFromSpool(root, one);
    bytes -= size;
    dropped++;
  }
  return dropped;
}

/** The reports that were not sent yet, oldest first, each read when it is its turn. */
export function* spooled(root: string): Generator<Spooled> {
  for (const sequence of sequences(root)) {
    const text = readText(place(root, nameOf(sequence)), reportLimits.bytes);
    if (text !== undefined) yield { sequence, text };
  }
}

/** How many reports were not sent yet. */
export function countSpooled(root: string): number {
  return sequences(root).length;
}

export function removeFromSpool(root: string, sequence: number): void {
  remove(place(root, nameOf(sequence)));
}
