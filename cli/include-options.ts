import { stat } from 'node:fs/promises';
import type { Diagnostic, IncludeResolver } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import type { Place } from '../sdk/host/tree.ts';
import type { Values } from './framework/command.ts';
import type { Io } from './terminal/io.ts';

/** Where the commands that read policy look for includes, as apparmor_parser's own options do. */
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

/** The resolver that those options ask for; files it has read are kept for the whole run. */
export function includeResolver({
  base,
  include,
}: Omit<Values<typeof includeOptions>, 'base'> & { base?: string | Place }): IncludeResolver {
  return fileResolver({ base: base ?? '/etc/apparmor.d', include: include ?? [] });
}

/** Says so when includes were not found because this machine has none of AppArmor's own. */
export async function tellOfIncludes(
  io: Io,
  { base }: Values<typeof includeOptions>,
  diagnostics: readonly Diagnostic[],
): Promise<void> {
  const missing = diagnostics.some(({ id }) => id === 'missing-include' || id === 'missing-abi');
  if (!missing || base !== undefined) return;
  const found = await stat('/etc/apparmor.d/abstractions').catch(() => undefined);
  if (found) return;
  io.tell(
    'This machine has no /etc/apparmor.d/abstractions, so what profiles include was not found. Install the ' +
      'package apparmor, or name a copy of its profiles with --base DIR.',
  );
}
