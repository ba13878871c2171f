import { readFile, stat } from 'node:fs/promises';
import type { IncludeResolver } from '../../policy/index.ts';
import { fileResolver } from '../host/includes.ts';
import { readPackageFolder } from '../package-folder.ts';
import type { Values } from './command.ts';

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
export function includeResolver({ base, include }: Values<typeof includeOptions>): IncludeResolver {
  return fileResolver({ base: base ?? '/etc/apparmor.d', include: include ?? [] });
}

/** A profile named on the command line. */
export interface ProfileFile {
  /** As it was given, or the file in the package folder that was given. */
  file: string;
  text: string;
  /** Of the package, when a package's folder was given. */
  packageName?: string;
}

/**
 * Reads a profile, or a package folder's, as apparmor_parser would: it knows bytes only, so what is not UTF-8
 * is taken as Latin-1.
 */
export async function readProfileFile(path: string): Promise<ProfileFile> {
  const folder = (await stat(path)).isDirectory() ? await readPackageFolder(path) : undefined;
  const file = folder?.file ?? path;
  const bytes = await readFile(file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    text = bytes.toString('latin1');
  }
  return { file, text, ...(folder ? { packageName: folder.name } : {}) };
}
