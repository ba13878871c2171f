import { bashCompletion } from '../sdk/cli/completion/bash.ts';
import { fishCompletion } from '../sdk/cli/completion/fish.ts';
import { readGrammar } from '../sdk/cli/completion/grammar.ts';
import { zshCompletion } from '../sdk/cli/completion/zsh.ts';
import { CliError, defineCommand, exit } from '../sdk/cli/index.ts';
import { topics } from './topics.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export const completion = defineCommand({
  name: 'completion',
  summary: 'Print the completion of commands, options and profiles for a shell',
  usage: 'bash|zsh|fish',
  args: { min: 1, max: 1 },
  options: {},
  details: 'The Debian package has them in place already.',
  examples: [
    'source <(aa-registry completion bash)    # in ~/.bashrc',
    'source <(aa-registry completion zsh)     # in ~/.zshrc, after compinit',
    'aa-registry completion fish > ~/.config/fish/completions/aa-registry.fish',
  ],
  async run({ args: [text], io }) {
    const shell = shells.find((one) => one === text);
    if (shell === undefined) {
      throw new CliError(exit.usage, `There is none for "${text}", only for ${shells.join(', ')}.`);
    }
    io.print((await completionFor(shell)).trimEnd());
    return exit.ok;
  },
});

/** The completion for a shell, of every command. */
export async function completionFor(shell: (typeof shells)[number]): Promise<string> {
  const grammar = await readGrammar(topics);
  const write = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }[shell];
  return write(grammar);
}
