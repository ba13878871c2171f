import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requireId } from '../framework/whole-number.ts';
import { openSession, registryOptions } from '../session.ts';

export const fleetHostRetire = defineCommand({
  name: 'fleet host retire',
  summary: 'Retire a host: refuse its key, and delete what only it reported',
  args: [{ name: 'TEAM' }, { name: 'ID' }],
  options: { format: formatOption, ...registryOptions },
  details:
    'This can’t be undone; the host can join again with a new key. What is installed on it does not change. ' +
    'Requires the role owner.',
  examples: ['aa-registry fleet host retire platform 7'],
  async run({ values, args: [team = '', id = ''], io }) {
    const host = requireId(id);
    const client = await openSession(io, values);
    await client.retireHost(team, host);
    printResult(io, values, { team, id: host }, `Retired host ${host} of team ${team}.`);
    return exit.ok;
  },
});
