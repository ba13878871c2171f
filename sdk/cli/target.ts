import { resolve } from 'node:path';
import { CliError, exit } from './command.ts';

export const rootOption = {
  type: 'string',
  value: 'DIR',
  description: 'Another system’s root: files only, no kernel is touched',
} as const;

/** The root that is meant, as an absolute path. */
export function rootOf(value: string | undefined): string {
  // As from a variable that is not set: the working directory is not what was meant.
  if (value === '') throw new CliError(exit.usage, '--root names no folder.');
  return resolve(value ?? '/');
}
