import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';

export const yank = defineCommand({
  name: 'yank',
  summary: 'Yank a version',
  args: [{ name: 'NAME@VERSION' }],
  usage: '--reason TEXT',
  options: {
    reason: {
      type: 'string',
      value: 'TEXT',
      description: 'The reason, shown with the version',
    },
    format: formatOption,
    ...registryOptions,
  },
  absent: {
    '--undo': 'A yank can’t be undone: publish the profile again as a new version.',
  },
  details:
    'The version can still be pulled by its exact version or digest. A yank can’t be undone: publish the ' +
    'profile again as a new version. Channels that point at it are listed.',
  examples: ['aa-registry yank docker-nginx@1.1.0 --reason "breaks log rotation"'],
  async run({ values, args: [text = ''], io }) {
    const { team, name, selector } = requireReference(text);
    const { reason } = values;
    if (selector.kind !== 'version') {
      throw new CliError(exit.usage, `Name a version, such as ${name}@1.2.0.`);
    }
    if (!reason) throw new CliError(exit.usage, 'Give a reason with --reason TEXT.');
    const client = await openSession(io, values);
    const { version } = selector;
    const { yankReason } = await client.yank({ team, name, version }, reason);
    const shownReason = yankReason ?? reason;
    printResult(
      io,
      values,
      { team, name, version, reason: shownReason },
      shownReason === reason.trim()
        ? `Yanked ${team}/${name}@${version}.`
        : `${team}/${name}@${version} is already yanked: ${shownReason}. The reason was not changed.`,
    );
    const { channels } = await client.getProfile({ team, name });
    for (const [channel, target] of Object.entries(channels)) {
      if (target !== version) continue;
      io.note(
        `Warning: channel ${channel} points at it, so hosts can’t install ${team}/${name}:${channel}.`,
      );
      io.note(`To move it: aa-registry channel set ${team}/${name}@VERSION ${channel}`);
    }
    return exit.ok;
  },
});
