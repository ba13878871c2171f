import { stat } from 'node:fs/promises';
import type { Diagnostic, IncludeResolver } from '../policy/index.ts';
import { readFileAtMost } from '../sdk/bounded-file.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import type { Place } from '../sdk/host/tree.ts';
import { readPackageFolder } from '../sdk/package-folder.ts';
import type { Values } from './framework/command.ts';
import type { Io } from './terminal/io.ts';

/** Where the commands that read policy look for includes, as apparmor_parser's own options do. */
export const includeOptions = {
  base: {
    type: 'string',
    value: 'DIR',
    description: 'Where includes are found (default /etc/apparmor.d)',
  },
  include: {
    type: 'string',
    short: 'I',
    multiple: true,
    value: 'DIR',
    description: 'Another place to look for <includes>, before --base; repeatable',
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

/** The most that a profile's file may hold, in bytes. */
const largestFile = 64 * 1024 * 1024;

/** A profile named on the command line. */
export interface ProfileFile {
  /** As it was given, or the file in the package folder that was given. */
  file: string;
  text: string;
  /** Of the package, when a package's folder was given. */
  packageName?: string;
  /** The abi of its manifest. */
  manifestAbi?: string;
}

/**
 * Reads a profile, or a package folder's, as apparmor_parser would: it knows bytes only, so what is not UTF-8
 * is taken as Latin-1.
 */
export async function readProfileFile(path: string): Promise<ProfileFile> {
  const folder = (await stat(path)).isDirectory() ? await readPackageFolder(path) : undefined;
  const file = folder?.file ?? path;
  const bytes = folder ? Buffer.from(folder.bytes) : await readFileAtMost(file, largestFile);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    text = bytes.toString('latin1');
  }
  return {
    file,
    text,
    ...(folder && { packageName: folder.name, manifestAbi: folder.manifest.abi }),
  };
}
