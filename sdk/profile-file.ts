import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type Diagnostic, packageOptions } from '../policy/index.ts';
import { SdkError } from './error.ts';
import { readBounded, readOwnFile, replaceFile } from './files.ts';
import { manifestName, readmeName, readPackageFolder } from './package-folder.ts';
import { shellWord } from './shell-word.ts';

/** The maximum size of a profile's file, in bytes. */
export const maxProfileFile = 64 * 1024 * 1024;

/** A profile read from a file. */
export interface ProfileFile {
  /** The path as given, or the profile's file in the given package folder. */
  file: string;
  text: string;
  /** Not necessarily UTF-8: lone surrogates from U+DC80 to U+DCFF stand for invalid bytes. */
  rawBytes: boolean;
  /** The oldest AppArmor release that it is for, if a package folder with variants was given. */
  variant?: string | undefined;
  /** The options with which lint checks it, if a package folder was given. */
  package?: ReturnType<typeof packageOptions>;
  /** Warnings about the package's manifest and README. */
  warnings: Diagnostic[];
}

/**
 * Reads a profile from a file or package folder, byte by byte like apparmor_parser: an invalid UTF-8 byte becomes a
 * lone surrogate.
 */
export async function readProfileFile(path: string): Promise<ProfileFile> {
  const [file] = await readProfileFiles(path);
  if (!file) throw new Error('a package has a file');
  return file;
}

/** Reads a profile as {@link readProfileFile} does; of a package with variants, the files of all. */
export async function readProfileFiles(path: string): Promise<ProfileFile[]> {
  const folder = (await stat(path)).isDirectory() ? await readPackageFolder(path) : undefined;
  const file = folder?.file ?? path;
  if (!folder && [manifestName, readmeName].includes(basename(file))) {
    const next = `Name the folder of the package instead: ${shellWord(dirname(file))}`;
    throw new SdkError('package-invalid', `${file} is not a profile, but a part of a package.`, {
      next,
    });
  }
  if (!folder) return [parseProfileFile(file, await readBounded(file, maxProfileFile))];
  return [folder, ...folder.others].map((one, at) => ({
    ...parseProfileFile(one.file, one.bytes),
    variant: folder.manifest.variants?.[at],
    package: packageOptions(folder, at),
    warnings: at === 0 ? folder.warnings : [],
  }));
}

/** A profile from the bytes of a file or of standard input. */
export function parseProfileFile(file: string, bytes: Uint8Array): ProfileFile {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { file, text, rawBytes: false, warnings: [] };
  } catch {
    return { file, text: decodeBytes(Buffer.from(bytes)), rawBytes: true, warnings: [] };
  }
}

/** Replaces the text of a profile that was read earlier (see {@link replaceFile}). */
export async function rewriteProfile(
  { file, text: before }: Pick<ProfileFile, 'file' | 'text'>,
  text: string,
): Promise<void> {
  await replaceFile(file, encodeProfile(before), encodeProfile(text));
}

/** Throws for a file that {@link rewriteProfile} would refuse. */
export async function requireRewritable(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) await readOwnFile(path, maxProfileFile);
}

/** Matches bytes as Latin-1: a UTF-8 character (RFC 3629, section 4), or an invalid byte. */
const sequence =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** Decodes UTF-8; each invalid byte becomes a lone surrogate. */
function decodeBytes(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(sequence, (found) =>
      found.length > 1
        ? Buffer.from(found, 'latin1').toString('utf8')
        : String.fromCharCode(0xdc00 + found.charCodeAt(0)),
    );
}

/** Encodes a text, with lone surrogates as the invalid bytes they stand for. */
export function encodeProfile(text: string): Uint8Array {
  const bytes = text.replace(/[^\0-\x7f]/gu, (character) =>
    /[\udc80-\udcff]/u.test(character)
      ? String.fromCharCode(character.charCodeAt(0) & 0xff)
      : Buffer.from(character, 'utf8').toString('latin1'),
  );
  return Buffer.from(bytes, 'latin1');
}
