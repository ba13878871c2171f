import { CliError, defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';

export const channelSet = defineCommand({
  name: 'channel set',
  summary: 'Point a channel at a version',
  args: [{ name: 'NAME@VERSION' }, { name: 'CHANNEL' }],
  options: { format: formatOption, ...registryOptions },
  details: 'If a profile has a channel "stable", references without a version use it.',
  examples: ['aa-registry channel set docker-nginx@1.2.0 stable'],
  async run({ values, args: [text = '', channel = ''], io }) {
    const { team, name, selector } = requireReference(text);
    if (selector.kind !== 'version') {
      throw new CliError(exit.usage, `Name a version, such as ${name}@1.2.0.`);
    }
    const client = await openSession(io, values);
    const { channels } = await client.getProfile({ team, name });
    const previous = new Map(Object.entries(channels)).get(channel) ?? null;
    await client.moveChannel({ team, name, channel }, { version: selector.version, previous });
    const { version } = selector;
    answer(
      io,
      values,
      { team, name, channel, version, previous },
      `${team}/${name}:${channel} is now ${version} (was ${previous ?? 'unset'}).`,
    );
    return exit.ok;
  },
});
