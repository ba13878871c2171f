import { resolve } from 'node:path';
import { checkRoot } from '../sdk/calls/context.ts';
import { checkTarget } from '../sdk/host/install.ts';
import { CliError, exit } from './framework/command.ts';
import { refused } from './refused.ts';

export const rootOption = {
  type: 'string',
  value: 'DIR',
  description: 'The root folder of another system; only files change, not the kernel',
} as const;

/** The root that is meant, as an absolute path. */
export function rootOf(value: string | undefined): string {
  // As from a variable that is not set: the working directory is not what was meant.
  if (value === '') throw new CliError(exit.usage, '--root names no folder.');
  return resolve(value ?? '/');
}

/** The root that is meant, of a command that only reads it; a usage error where there is no folder. */
export async function requireRoot(value: string | undefined): Promise<string> {
  const root = rootOf(value);
  const refusal = await checkRoot(root);
  if (refusal) throw refused(refusal);
  return root;
}

/** Ends the command, before it does anything, where profiles can't be installed. */
export async function requireTarget(root: string): Promise<void> {
  const target = await checkTarget({ root });
  if (!target.ok) throw refused(target);
}
