import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliError, exit } from '../framework/command.ts';
import { type Io, visible } from './io.ts';

/** Prompts on the terminal without echo. */
export async function readSecret(io: Io, question: string): Promise<string> {
  io.stderr.write(visible(question));
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: silent, terminal: true });
  try {
    return await answer(lines, '');
  } finally {
    lines.close();
    io.stderr.write('\n');
  }
}

/** Asks a yes-or-no question on the terminal; only `y` and `yes` mean yes. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  const lines = createInterface({ input: io.stdin, output: io.stderr });
  try {
    return /^y(es)?$/i.test((await answer(lines, `${visible(question)} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

/** Reads the answer to a question. Throws if the input is closed, such as by Ctrl-C or Ctrl-D. */
function answer(lines: Interface, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    lines.once('close', () => reject(new CliError(exit.usage, 'No answer was given.')));
    lines.question(question).then(resolve, reject);
  });
}
