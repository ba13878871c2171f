import type { Readable, Writable } from 'node:stream';
// Not by way of the room's door: every command needs this, and few the rest.
import { visible } from '../../policy/visible.ts';
import { SdkError } from '../../sdk/error.ts';

export { visible, visibleLine } from '../../policy/visible.ts';

/** Where a command writes: a terminal, which has columns, or not. */
export type Output = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** The world around a command, so that tests can give it another. */
export interface Io {
  env: NodeJS.ProcessEnv;
  stdin: Readable & { isTTY?: boolean };
  stdout: Output;
  stderr: Output;
  /**
   * Writes a line of the answer. Much of what is printed comes from files, logs and registries, which nobody has to
   * trust: whatever would steer a terminal or not be seen is spelt out, here and in {@link tell}. What a command writes to
   * the streams itself, it has to make visible itself.
   */
  print: (line: string) => void;
  /** Writes a line about what goes on: not part of the answer, so it goes to standard error. */
  tell: (line: string) => void;
}

export function processIo(): Io {
  const { env, stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.on('error', endUnlessClosed);
  return {
    env,
    // To open it takes time, and few commands read it.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    print: (line) => stdout.write(`${visible(line)}\n`),
    tell: (line) => stderr.write(`${visible(line)}\n`),
  };
}

/** A reader that has gone, as in `… | head`, misses the rest; a disk that is full misses what was asked for. */
function endUnlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`aa-registry: ${visible(error.message)}\n`);
  process.exit(1);
}

/** Whether to colour what goes to `stream`: only a terminal, and never when NO_COLOR is set. */
export function wantsColor(io: Io, stream: Output): boolean {
  return stream.isTTY === true && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
}

/** How many columns a line may have; any number where there is no terminal. */
export function widthOf({ isTTY, columns }: Output): number {
  // Some terminals, such as a serial line, say 0.
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
