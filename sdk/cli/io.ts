import type { Readable, Writable } from 'node:stream';

/** The world around a command, so that tests can give it another. */
export interface Io {
  env: NodeJS.ProcessEnv;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
  /** Writes a line of the answer. */
  print: (line: string) => void;
  /** Writes a line about what goes on: not part of the answer, so it goes to standard error. */
  tell: (line: string) => void;
}

export function processIo(): Io {
  const { env, stdin, stdout, stderr } = process;
  return {
    env,
    stdin,
    stdout,
    stderr,
    print: (line) => stdout.write(`${line}\n`),
    tell: (line) => stderr.write(`${line}\n`),
  };
}

/** Whether to colour what goes to `stream`: only a terminal, and never when NO_COLOR is set. */
export function wantsColor(io: Io, stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
}

/** All of standard input, as text. */
export async function readStdin(io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
