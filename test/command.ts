import { PassThrough } from 'node:stream';
import { topics } from '../cli/commands.ts';
import { run } from '../cli/framework/run.ts';
import type { Io } from '../cli/terminal/io.ts';

/** How a command ended, and what it said. */
export interface Outcome {
  code: number;
  /** The answer, line by line. */
  lines: string[];
  /** All of standard output. */
  stdout: string;
  /** All that it said, to standard error too. */
  said: string;
}

export interface Surroundings {
  /** What stands on standard input. */
  input?: string;
  /** How wide the terminal is that it writes to; none unless given. */
  columns?: number;
}

/** Runs `aa-registry` in this process, where coverage and debuggers see it. */
export async function command(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  { input = '', columns }: Surroundings = {},
): Promise<Outcome> {
  const lines: string[] = [];
  let stdout = '';
  let said = '';
  const tell = (text: string) => {
    said += `${text}\n`;
  };
  const print = (text: string) => {
    lines.push(text);
    stdout += `${text}\n`;
    tell(text);
  };
  const stdin = new PassThrough();
  stdin.end(input);
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  const out = Object.assign(new PassThrough(), terminal);
  out.on('data', (chunk) => {
    stdout += chunk;
    tell(chunk);
  });
  const stderr = Object.assign(new PassThrough(), terminal);
  stderr.on('data', tell);
  const io: Io = { env, stdin, stdout: out, stderr, print, tell };
  return { code: await run(topics, args, io, '0.0.0'), lines, stdout, said };
}
