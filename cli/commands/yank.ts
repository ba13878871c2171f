import { CliError, defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';

export const yank = defineCommand({
  name: 'yank',
  summary: 'Stop a version from being chosen',
  args: [{ name: 'NAME@VERSION' }],
  usage: '--reason TEXT',
  options: {
    reason: { type: 'string', value: 'TEXT', description: 'Why, for whoever looks at it' },
    format: formatOption,
    ...registryOptions,
  },
  details: 'It stays there for whoever asks for it by version or digest.',
  examples: ['aa-registry yank docker-nginx@1.1.0 --reason "breaks log rotation"'],
  async run({ values, args: [text = ''], io }) {
    const { team, name, selector } = requireReference(text);
    const { reason } = values;
    if (selector.kind !== 'version') {
      throw new CliError(exit.usage, `Name a version, such as ${name}@1.2.0.`);
    }
    if (!reason) throw new CliError(exit.usage, 'Say why with --reason TEXT.');
    const client = await openSession(io, values);
    const { version } = selector;
    await client.yank({ team, name, version }, reason);
    answer(io, values, { team, name, version, reason }, `Yanked ${team}/${name}@${version}.`);
    return exit.ok;
  },
});
