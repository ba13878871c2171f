import { writeOutput } from '../sdk/files.ts';
import { CliError, exit } from './framework/command.ts';
import type { Io } from './terminal/io.ts';

/** What `-o` says of where to write. */
export const standardOutput = '-';

/** Whether `path` stands for standard output; a usage error where that is to hold JSON already. */
export function isStandardOutput(
  path: string | undefined,
  { format }: { format?: string },
): boolean {
  if (path !== standardOutput) return false;
  if (format !== 'json') return true;
  throw new CliError(exit.usage, '-o - and --format json both want standard output.');
}

/** Writes what a user wants to have to a file (see {@link writeOutput}), or, as `-`, to standard output as it is. */
export async function writeAnswer(io: Io, path: string, data: Uint8Array | string): Promise<void> {
  if (path !== standardOutput) return writeOutput(path, data);
  io.stdout.write(data);
}
