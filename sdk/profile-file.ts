import { stat } from 'node:fs/promises';
import { readBounded } from './files.ts';
import { readPackageFolder } from './package-folder.ts';

/** The most that a profile's file may hold, in bytes. */
const maxFile = 64 * 1024 * 1024;

/** A profile as a file has it. */
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
}

/**
 * Reads a profile, or a package folder's, as apparmor_parser would: it knows bytes only, so a byte that is not
 * UTF-8 is kept, as a lone surrogate.
 */
export async function readProfileFile(path: string): Promise<ProfileFile> {
  const folder = (await stat(path)).isDirectory() ? await readPackageFolder(path) : undefined;
  const file = folder?.file ?? path;
  const bytes = folder ? Buffer.from(folder.bytes) : await readBounded(file, maxFile);
  let text: string;
  let rawBytes = false;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    text = decodeBytes(bytes);
    rawBytes = true;
  }
  return {
    file,
    text,
    rawBytes,
    ...(folder && { packageName: folder.name, manifestAbi: folder.manifest.abi }),
  };
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
