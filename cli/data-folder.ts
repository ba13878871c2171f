import { CliError, exit } from './framework/command.ts';
import type { Io } from './terminal/io.ts';

/** The data folder of a registry on this machine, as for `serve`. */
export const dataOption = {
  type: 'string',
  value: 'DIR',
  description: 'The registry’s data folder (default AA_SERVE_DATA, then ./aa-registry-data)',
} as const;

export function dataFolder(named: string | undefined, io: Io): string {
  return named ?? (io.env.AA_SERVE_DATA || 'aa-registry-data');
}

/** The error for a problem with a registry's data. */
export function dataFailure(error: Error): CliError {
  // A path at the beginning is not capitalized.
  const isPath = /^\S*[/.]/.test(error.message);
  const first = error.message.charAt(0);
  const message = `${isPath ? first : first.toUpperCase()}${error.message.slice(1)}.`;
  return new CliError(exit.failed, message);
}
