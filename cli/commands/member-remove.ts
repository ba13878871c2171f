import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { nearest } from '../framework/nearest.ts';
import { openSession, registryOptions } from '../session.ts';

export const memberRemove = defineCommand({
  name: 'member remove',
  summary: 'Remove a user from a team (owners)',
  args: [{ name: 'TEAM' }, { name: 'USER' }],
  options: { format: formatOption, ...registryOptions },
  details: 'Their tokens lose access to the team.',
  examples: ['aa-registry member remove platform ada'],
  async run({ values, args: [team = '', user = ''], io }) {
    const client = await openSession(io, values);
    // The API's removal is idempotent, so only the list shows a mistyped name.
    const members = (await client.listMembers(team)).map((member) => member.user);
    if (!members.includes(user)) throw notMember(team, user, members);
    await client.removeMember(team, user);
    printResult(io, values, { team, user }, `Removed ${user} from team ${team}.`);
    return exit.ok;
  },
});

function notMember(team: string, user: string, members: string[]): CliError {
  const near = nearest(members, [user]);
  return new CliError(
    exit.failed,
    `${user} is not a member of team ${team}.${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    `To list its members: aa-registry member list ${team}`,
    'not-found',
  );
}
