import { writeOutput } from '../sdk/files.ts';
import { CliError, exit } from './framework/command.ts';
import type { Io } from './terminal/io.ts';

/** The value of `-o`. */
export const standardOutput = '-';

/** Whether `path` is standard output. Throws a usage error if JSON is written there. */
export function isStandardOutput(
  path: string | undefined,
  { format }: { format?: string },
): boolean {
  if (path !== standardOutput) return false;
  if (format !== 'json') return true;
  throw new CliError(exit.usage, '-o - and --format json can’t both use standard output.');
}

/** Writes output to a file (see {@link writeOutput}), or for `-` to standard output, unchanged. */
export async function writeResult(io: Io, path: string, data: Uint8Array | string): Promise<void> {
  if (path !== standardOutput) return writeOutput(path, data);
  io.stdout.write(data);
}
