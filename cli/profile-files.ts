import { lstat, stat } from 'node:fs/promises';
import type { Diagnostic, IncludeResolver } from '../policy/index.ts';
import { readFileAtMost, readOwnFile } from '../sdk/bounded-file.ts';
import { writeFileAtomically } from '../sdk/host/atomic.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import type { Place } from '../sdk/host/tree.ts';
import { readPackageFolder } from '../sdk/package-folder.ts';
import { CliError, exit, type Values } from './framework/command.ts';
import { type Io, readAllInput } from './terminal/io.ts';

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
const maxFile = 64 * 1024 * 1024;

/** A profile named on the command line. */
export interface ProfileFile {
  /** As it was given, or the file in the package folder that was given. */
  file: string;
  text: string;
  /** It is not UTF-8: lone surrogates from U+DC80 to U+DCFF stand for the bytes that are not. */
  rawBytes: boolean;
  /** Of the package, when a package's folder was given. */
  packageName?: string;
  /** The abi of its manifest. */
  manifestAbi?: string;
  /** Warnings about the package's manifest and README. */
  warnings: Diagnostic[];
}

/**
 * Reads a profile, or a package folder's, as apparmor_parser would: it knows bytes only, so a byte that is not
 * UTF-8 is kept, as a lone surrogate.
 */
export async function readProfileFile(path: string): Promise<ProfileFile> {
  const folder = (await stat(path)).isDirectory() ? await readPackageFolder(path) : undefined;
  const file = folder?.file ?? path;
  const bytes = folder ? Buffer.from(folder.bytes) : await readFileAtMost(file, maxFile);
  return {
    ...profileOf(file, bytes),
    ...(folder && {
      packageName: folder.name,
      manifestAbi: folder.manifest.abi,
      warnings: folder.warnings,
    }),
  };
}

/** A profile from standard input. */
export async function readProfileFromStdin(io: Io): Promise<ProfileFile> {
  return profileOf('-', await readAllInput(io, maxFile));
}

/**
 * Writes a profile that was read before, whole or not at all, with the mode and the owner that its file has. Refused
 * where a link or anything but a regular file stands, or the file has changed since it was read.
 */
export async function rewriteProfile(
  { file, text: before }: ProfileFile,
  text: string,
): Promise<void> {
  const now = await readOwnFile(file, maxFile);
  if (!now?.equals(encodeBytes(before))) {
    throw new CliError(exit.failed, `${file} has changed meanwhile, so it was left alone.`);
  }
  const { mode, uid, gid } = await lstat(file);
  await writeFileAtomically(file, encodeBytes(text), mode & 0o7777, { uid, gid });
}

/** Throws for what {@link rewriteProfile} would refuse. */
export async function requireRewritable(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) await readOwnFile(path, maxFile);
}

function profileOf(file: string, bytes: Buffer): ProfileFile {
  let text: string;
  let rawBytes = false;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    text = decodeBytes(bytes);
    rawBytes = true;
  }
  return { file, text, rawBytes, warnings: [] };
}

/** In bytes as Latin-1: a character of UTF-8 (RFC 3629, section 4), or a byte that is no part of one. */
const sequence =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** UTF-8 as text, and each byte that is none of it as a lone surrogate. */
function decodeBytes(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(sequence, (found) =>
      found.length > 1
        ? Buffer.from(found, 'latin1').toString('utf8')
        : String.fromCharCode(0xdc00 + found.charCodeAt(0)),
    );
}

/** The bytes of a text in which lone surrogates stand for bytes that are not UTF-8. */
export function encodeBytes(text: string): Buffer {
  const bytes = text.replace(/[^\0-\x7f]/gu, (character) =>
    /[\udc80-\udcff]/u.test(character)
      ? String.fromCharCode(character.charCodeAt(0) & 0xff)
      : Buffer.from(character, 'utf8').toString('latin1'),
  );
  return Buffer.from(bytes, 'latin1');
}
