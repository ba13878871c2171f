import type { Client } from '../../sdk/client.ts';
import { isDigest } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { requireKeyId } from '../key-id.ts';
import { openSession, registryOptions } from '../session.ts';

export const keyRevoke = defineCommand({
  name: 'key revoke',
  summary: "Revoke a team's publisher key",
  args: [{ name: 'TEAM' }, { name: 'KEY-ID' }],
  usage: '--reason TEXT',
  options: {
    reason: { type: 'string', value: 'TEXT', description: 'The reason, for the log' },
    format: formatOption,
    ...registryOptions,
  },
  details:
    'Hosts then refuse all versions that depend on its signature, including versions that they ' +
    'have installed before. Publish them again with another key first.',
  examples: ['aa-registry key revoke library sha256:0a1b2c3d --reason "laptop stolen"'],
  async run({ values, args: [team = '', text = ''], io }) {
    const { reason } = values;
    if (!reason) throw new CliError(exit.usage, 'Give a reason with --reason TEXT.');
    const client = await openSession(io, values);
    // A complete id needs no lookup.
    const keyId = isDigest(text) ? text : await findKey(client, team, text);
    await client.revokeKey(team, keyId, reason);
    answer(io, values, { team, keyId, reason }, `Revoked ${keyId} of team ${team}.`);
    io.note(
      'Hosts now refuse every version that only this key signed. Publish those profiles again with another key, and move ' +
        `channels that point at an older version: aa-registry channel set ${team}/NAME@VERSION CHANNEL`,
    );
    return exit.ok;
  },
});

/** The registered key whose id has the prefix `text`. */
async function findKey(client: Client, team: string, text: string): Promise<string> {
  const { keys } = await client.getTeam(team);
  const known = keys.map(({ keyId }) => keyId);
  return requireKeyId(text, team, known, 'registered');
}
