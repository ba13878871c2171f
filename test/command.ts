import { PassThrough } from 'node:stream';
import { topics } from '../bin/topics.ts';
import { type Io, run } from '../sdk/cli/index.ts';

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

/** Runs `aa-registry` in this process, where coverage and debuggers see it. */
export async function command(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
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
  const out = new PassThrough();
  out.on('data', (chunk) => {
    stdout += chunk;
    tell(chunk);
  });
  const stderr = new PassThrough();
  stderr.on('data', tell);
  const io: Io = { env, stdin, stdout: out, stderr, print, tell };
  return { code: await run(topics, args, io, '0.0.0'), lines, stdout, said };
}
