import { completionFor, shells } from '../completion/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';

export const completion = defineCommand({
  name: 'completion',
  summary: 'Print the completion script for a shell',
  args: [{ name: 'bash|zsh|fish', choices: ['bash', 'zsh', 'fish'] }],
  options: {},
  details: 'The Debian package already installs the completions.',
  examples: [
    'source <(aa-registry completion bash)    # in ~/.bashrc',
    'source <(aa-registry completion zsh)     # in ~/.zshrc, after compinit',
    'aa-registry completion fish > ~/.config/fish/completions/aa-registry.fish',
  ],
  async run({ args: [text], io, topics }) {
    const shell = shells.find((one) => one === text);
    if (shell === undefined) {
      throw new CliError(
        exit.usage,
        `No completion for "${text}"; the supported shells are ${shells.join(', ')}.`,
      );
    }
    io.print((await completionFor(topics, shell)).trimEnd());
    return exit.ok;
  },
});
