import type { Readable, Writable } from 'node:stream';

/** Where a command writes: a terminal, which has columns, or not. */
export type Output = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** The world around a command, so that tests can give it another. */
export interface Io {
  env: NodeJS.ProcessEnv;
  stdin: Readable & { isTTY?: boolean };
  stdout: Output;
  stderr: Output;
  /** Writes a line of the answer. */
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
  process.stderr.write(`aa-registry: ${error.message}\n`);
  process.exit(1);
}

/**
 * Text with what would steer a terminal, or turn around the order of what follows, spelt out: much of what is
 * printed comes from a registry, which nobody has to trust.
 */
export function visible(text: string): string {
  return text.replaceAll(steering, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** Control characters but tab and newline, the separators of lines, and the controls of direction (UAX 9). */
export const steering = /(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

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
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
