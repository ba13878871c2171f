import type { Readable, Writable } from 'node:stream';
// Not imported through the index: every command needs this module, and few need the rest.
import { visible } from '../../policy/visible.ts';
import { SdkError } from '../../sdk/error.ts';

export { visible, visibleLine } from '../../policy/visible.ts';

/** An output stream; a terminal has columns. */
export type Output = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** The environment of a command, which tests replace. */
export interface Io {
  env: NodeJS.ProcessEnv;
  stdin: Readable & { isTTY?: boolean };
  stdout: Output;
  stderr: Output;
  /**
   * Writes a line of output. Much of it comes from files, logs and registries, which are not trusted, so control and
   * invisible characters are escaped, here and in {@link note}. Code that writes to the streams directly has to escape
   * them itself.
   */
  print: (line: string) => void;
  /** Writes a message, which is not part of the output, to standard error. */
  note: (line: string) => void;
}

export function processIo(): Io {
  const { env, stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.on('error', endUnlessClosed);
  return {
    env,
    // Opened on first use: opening takes time, and few commands read it.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    print: (line) => stdout.write(`${visible(line)}\n`),
    note: (line) => stderr.write(`${visible(line)}\n`),
  };
}

/** A closed pipe, as in `… | head`, is not an error; a full disk is. */
function endUnlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`aa-registry: ${visible(error.message)}\n`);
  process.exit(1);
}

/** Whether to colour output to `stream`: only on a terminal, and never if NO_COLOR is set. */
export function wantsColor(io: Io, stream: Output): boolean {
  return stream.isTTY === true && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
}

/** The maximum number of columns of a line; unlimited without a terminal. */
export function widthOf({ isTTY, columns }: Output): number {
  // Some terminals, such as serial lines, report 0.
  return isTTY === true ? columns || 80 : Number.POSITIVE_INFINITY;
}

/** All of standard input, as text. */
export async function readStdin(io: Io): Promise<string> {
  return (await readAllInput(io)).toString('utf8');
}

/** All of standard input. Throws an {@link SdkError} when it has more than `max` bytes. */
export async function readAllInput(io: Io, max = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > max) {
      throw new SdkError('file-unusable', `standard input has more than ${max} bytes`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
