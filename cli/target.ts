import { resolve } from 'node:path';
import { releases } from '../policy/index.ts';
import { checkRoot } from '../sdk/calls/context.ts';
import { checkTarget } from '../sdk/host/install.ts';
import { CliError, exit } from './framework/command.ts';
import { refused } from './refused.ts';

export const rootOption = {
  type: 'string',
  value: 'DIR',
  description: 'The root folder of another system; only files change, not the kernel',
} as const;

/** The option that chooses variants. */
export const targetOption = {
  type: 'string',
  choices: releases,
  description: 'The AppArmor release to take variants for (default: this host’s)',
} as const;

/** The root folder as an absolute path. */
export function rootOf(value: string | undefined): string {
  // Probably an unset variable; do not use the working directory instead.
  if (value === '') throw new CliError(exit.usage, '--root is empty.');
  return resolve(value ?? '/');
}

/** The root folder for a command that only reads it. Throws a usage error if it is not a folder. */
export async function requireRoot(value: string | undefined): Promise<string> {
  const root = rootOf(value);
  const refusal = await checkRoot(root);
  if (refusal) throw refused(refusal);
  return root;
}

/** Throws, before the command does anything, if profiles can't be installed. */
export async function requireTarget(root: string): Promise<void> {
  const target = await checkTarget({ root });
  if (!target.ok) throw refused(target);
}
