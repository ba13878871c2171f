import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
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
    const path = { team, name, version: selector.version };
    const [{ channels }, { yankReason, signers }, { keys }] = await Promise.all([
      client.getProfile(path),
      client.getVersion(path),
      client.getTeam(team),
    ]);
    const previous = new Map(Object.entries(channels)).get(channel) ?? null;
    await client.moveChannel({ team, name, channel }, { version: selector.version, previous });
    const { version } = selector;
    printResult(
      io,
      values,
      { team, name, channel, version, previous },
      `${team}/${name}:${channel} is now ${version} (was ${previous ?? 'unset'}).`,
    );
    const isRevoked = (keyId: string) =>
      keys.some((key) => key.keyId === keyId && key.revokedAt !== null);
    const trouble =
      yankReason !== null
        ? `was yanked (${yankReason})`
        : signers.every(isRevoked)
          ? 'is signed only with revoked keys'
          : undefined;
    if (trouble !== undefined) {
      const reference = `${team}/${name}:${channel}`;
      io.note(`Warning: ${version} ${trouble}, so hosts can’t install ${reference}.`);
      io.note(
        `To point it at another version: aa-registry channel set ${team}/${name}@VERSION ${channel}`,
      );
    }
    return exit.ok;
  },
});
