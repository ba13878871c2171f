import type { Topic } from '../framework/command.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { readGrammar } from './grammar.ts';
import { zshCompletion } from './zsh.ts';

/** The shells that there is a completion for. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** The completion script of all commands for a shell. */
export async function completionFor(
  topics: Topic[],
  shell: (typeof shells)[number],
): Promise<string> {
  const write = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }[shell];
  return write(await readGrammar(topics));
}
