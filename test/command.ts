import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { topics } from '../cli/commands.ts';
import { run } from '../cli/framework/run.ts';
import { type Io, visible } from '../cli/terminal/io.ts';
import manifest from '../package.json' with { type: 'json' };
import { hintedCommands, pasteError } from './hinted-commands.ts';

/** The exit code and the output of a command. */
export interface Outcome {
  code: number;
  /** The lines of its result. */
  lines: string[];
  /** All of standard output. */
  stdout: string;
  /** All of standard error. */
  stderr: string;
  /** Standard output and standard error. */
  output: string;
}

export interface CommandOptions {
  /** Standard input. */
  input?: string;
  /** The width of the terminal; no terminal by default. */
  columns?: number;
}

/** Runs `aa-registry` in this process. */
export async function command(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  { input = '', columns }: CommandOptions = {},
): Promise<Outcome> {
  const lines: string[] = [];
  const outcome = { stdout: '', stderr: '', output: '' };
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  /** A stream for direct output, such as progress on a terminal. */
  const stream = (name: 'stdout' | 'stderr') =>
    Object.assign(new PassThrough(), terminal).on('data', (chunk: Buffer) => {
      outcome[name] += chunk;
      outcome.output += `${chunk}\n`;
    });
  const [stdout, stderr] = [stream('stdout'), stream('stderr')];
  const say = (name: 'stdout' | 'stderr', line: string) => {
    outcome[name] += `${line}\n`;
    outcome.output += `${line}\n`;
  };
  const stdin = new PassThrough();
  stdin.end(input);
  const io: Io = {
    env,
    stdin,
    stdout,
    stderr,
    print: (line) => {
      lines.push(visible(line));
      say('stdout', visible(line));
    },
    note: (line) => say('stderr', visible(line)),
  };
  const code = await run(topics, args, io, manifest.version);
  stdout.end();
  stderr.end();
  await Promise.all([finished(stdout), finished(stderr)]);
  if (!args.includes('json')) {
    for (const line of hintedCommands(outcome.stderr)) {
      const error = await pasteError(line);
      if (error !== undefined) throw new Error(`A message names a command that is wrong: ${error}`);
    }
  }
  return { code, lines, ...outcome };
}
