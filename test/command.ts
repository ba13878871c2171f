import { PassThrough } from 'node:stream';
import { topics } from '../bin/topics.ts';
import { type Io, run } from '../sdk/cli/index.ts';

/** How a command ended, and what it said. */
export interface Outcome {
  code: number;
  /** The answer, line by line. */
  lines: string[];
  /** All that it said, to standard error too. */
  said: string;
}

/** Runs `aa-registry` in this process, where coverage and debuggers see it. */
export async function command(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const lines: string[] = [];
  let said = '';
  const tell = (text: string) => {
    said += `${text}\n`;
  };
  const print = (text: string) => {
    lines.push(text);
    tell(text);
  };
  const stdin = new PassThrough();
  stdin.end();
  const out = new PassThrough();
  out.on('data', tell);
  const io: Io = { env, stdin, stdout: out, stderr: out, print, tell };
  return { code: await run(topics, args, io, '0.0.0'), lines, said };
}
