// Decodes logs: plain, compressed by logrotate with gzip or zstd, or in UTF-16 as some programs save text.
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** A log can't be read because of its format. */
export class LogFormError extends Error {
  readonly hint: string | undefined;

  /** `what` completes a sentence that starts with the log's name. */
  constructor(name: string, what: string, hint?: string) {
    super(`${name} ${what}`);
    this.name = 'LogFormError';
    this.hint = hint;
  }
}

/** The name of a log without a path. */
export const standardInput = 'standard input';

/** The maximum decompressed size of a log, in bytes. */
export const maxUnpacked = 256 * 1024 * 1024;

/** The number of bytes that identify a format. */
const telling = 512;

type Packed = 'gzip' | 'zstd';
type Form = 'text' | 'utf-16le' | 'utf-16be' | 'journal' | Packed | keyof typeof unpackers;

/** Commands that decompress formats not supported here to standard output. */
const unpackers = { xz: 'xzcat', bzip2: 'bzcat', lz4: 'lz4cat', zip: 'unzip -p' } as const;

/** The magic numbers of formats. */
const signatures: readonly [string, Form][] = [
  ['1f8b', 'gzip'],
  ['4c504b5348485248', 'journal'],
  ['28b52ffd', 'zstd'],
  ['fd377a585a00', 'xz'],
  ['5d00008000', 'xz'],
  ['425a68', 'bzip2'],
  ['504b0304', 'zip'],
  ['04224d18', 'lz4'],
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
];

/** The format of a log by its first bytes. Anything else is text: a crash leaves zeros in logs. */
export function textForm(start: Buffer): Form {
  const found = signatures.find(([bytes]) => start.toString('hex').startsWith(bytes));
  if (found) return found[1];
  const zeros = (first: number) => {
    for (let at = first; at < start.length; at += 2) if (start[at] !== 0) return false;
    return start.length > 1;
  };
  const hasZero = start.includes(0);
  if (hasZero && zeros(1) && !zeros(0)) return 'utf-16le';
  if (hasZero && zeros(0) && !zeros(1)) return 'utf-16be';
  return 'text';
}

/** The text of a log as UTF-8, decompressed with gzip or zstd up to a limit. Throws {@link LogFormError}. */
export async function* asText(
  bytes: AsyncIterable<Buffer>,
  name: string,
  maxBytes = maxUnpacked,
  packed = false,
): AsyncGenerator<Uint8Array> {
  const pieces = bytes[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  let ended = false;
  // A followed stream is not delayed after its first line.
  while (start.length < telling && !start.includes(0x0a) && !ended) {
    const next = await pieces.next();
    ended = next.done ?? false;
    if (!next.done) start = Buffer.concat([start, Buffer.from(next.value)]);
  }
  const whole = async function* () {
    yield start;
    for (;;) {
      const next = await pieces.next();
      if (next.done) return;
      yield Buffer.from(next.value);
    }
  };
  const form = textForm(start.subarray(0, telling));
  if (form === 'text') yield* whole();
  else if (form === 'utf-16le' || form === 'utf-16be') yield* fromUtf16(whole(), form);
  else if (form === 'gzip' || form === 'zstd') {
    if (packed)
      throw new LogFormError(name, 'is compressed more than once.', 'Decompress it first.');
    yield* asText(unpacked(whole(), name, form, maxBytes), name, maxBytes, true);
  } else throw unreadForm(name, form);
}

/** A command line that pipes a program's output for a log into this one. */
export function piped(program: string, name: string): string {
  const file = /^[\w./@:+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
  return `${program} ${name === standardInput ? 'FILE' : file} | aa-registry denials --file -`;
}

async function* fromUtf16(
  bytes: AsyncIterable<Buffer>,
  form: 'utf-16le' | 'utf-16be',
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(form);
  const encoder = new TextEncoder();
  for await (const piece of bytes) yield encoder.encode(decoder.decode(piece, { stream: true }));
  yield encoder.encode(decoder.decode());
}

async function* unpacked(
  bytes: AsyncIterable<Buffer>,
  name: string,
  form: Packed,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  const unzip = form === 'gzip' ? createGunzip() : createZstdDecompress();
  // A source error ends the decompression too, and is thrown by the loop.
  let given = 0;
  const counted = async function* () {
    for await (const piece of bytes) {
      given += piece.length;
      yield piece;
    }
  };
  pipeline(Readable.from(counted(), { objectMode: true }), unzip, () => {});
  let length = 0;
  try {
    for await (const piece of unzip) {
      length += (piece as Buffer).length;
      if (length > maxBytes) {
        throw new LogFormError(
          name,
          `holds more than ${maxBytes >> 20} MiB when decompressed.`,
          `Pipe in the relevant lines: ${piped(form === 'gzip' ? 'zgrep apparmor=' : 'zstdgrep apparmor=', name)}`,
        );
      }
      yield piece as Buffer;
    }
    // Node stops after the first frame and ignores later ones in the same chunk.
    if (form === 'zstd' && unzip.bytesWritten < given) {
      throw new LogFormError(
        name,
        'has several zstd frames; only the first can be read here.',
        `Use: ${piped('zstdcat', name)}`,
      );
    }
  } catch (error) {
    if (!/^(Z_|ZSTD_)/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new LogFormError(
      name,
      `is a damaged ${form} file, or a truncated one.`,
      `Pipe in its intact part: ${piped(form === 'gzip' ? 'zcat' : 'zstdcat', name)}`,
    );
  } finally {
    unzip.destroy();
  }
}

function unreadForm(name: string, form: 'journal' | keyof typeof unpackers): LogFormError {
  if (form === 'journal') {
    return new LogFormError(
      name,
      'is a journald file, which only journalctl can read.',
      `Use: ${piped('journalctl --grep apparmor= --output short-iso --file', name)}`,
    );
  }
  return new LogFormError(
    name,
    `is compressed with ${form}, which is not supported.`,
    `Use: ${piped(unpackers[form], name)}`,
  );
}
