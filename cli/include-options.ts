import { stat } from 'node:fs/promises';
import type { Diagnostic, IncludeResolver } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import type { Place } from '../sdk/host/tree.ts';
import type { Values } from './framework/command.ts';
import type { Io } from './terminal/io.ts';

/** The include options of commands that read policy, like those of apparmor_parser. */
export const includeOptions = {
  base: {
    type: 'string',
    value: 'DIR',
    description: 'Folder for includes (default /etc/apparmor.d)',
  },
  include: {
    type: 'string',
    short: 'I',
    multiple: true,
    value: 'DIR',
    description: 'Another folder for <includes>, searched before --base; repeatable',
  },
} as const;

/** The resolver for these options. It caches files for the whole run. */
export function includeResolver({
  base,
  include,
}: Omit<Values<typeof includeOptions>, 'base'> & { base?: string | Place }): IncludeResolver {
  return fileResolver({ base: base ?? '/etc/apparmor.d', include: include ?? [] });
}

/** Prints a hint if includes were not found because AppArmor's base policy is not installed. */
export async function reportIncludes(
  io: Io,
  { base }: Values<typeof includeOptions>,
  diagnostics: readonly Diagnostic[],
): Promise<void> {
  const missing = diagnostics.some(({ id }) => id === 'missing-include' || id === 'missing-abi');
  if (!missing || base !== undefined) return;
  const found = await stat('/etc/apparmor.d/abstractions').catch(() => undefined);
  if (found) return;
  io.note(
    'This machine has no /etc/apparmor.d/abstractions, so included files were not found. Install the ' +
      'package apparmor, or name a copy of its files with --base DIR.',
  );
}
