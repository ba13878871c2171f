import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkTarget } from '../sdk/host/install.ts';
import { CliError, exit } from './framework/command.ts';

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

/** The root that is meant, of a command that only looks at what is there: a usage error where no folder is. */
export async function requireRoot(value: string | undefined): Promise<string> {
  const root = rootOf(value);
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    return undefined;
  });
  if (found?.isDirectory()) return root;
  throw new CliError(exit.usage, `--root: there is no folder ${root}.`, undefined, 'no-root');
}

/** Ends the command, before it does anything, where profiles can't be installed. */
export async function requireTarget(root: string): Promise<void> {
  const target = await checkTarget({ root });
  if (target.ok) return;
  throw new CliError(
    exit.unable,
    `Nothing was changed: ${target.reason}.`,
    target.next ??
      (target.id === 'not-root'
        ? 'Run it with sudo; --root DIR works on the files of another system.'
        : '"aa-registry doctor" says more; --root DIR works on the files of another system.'),
    target.id,
  );
}
