import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requireId } from '../framework/whole-number.ts';
import { openSession, registryOptions } from '../session.ts';

export const fleetHostRename = defineCommand({
  name: 'fleet host rename',
  summary: 'Change the name of a host',
  args: [{ name: 'TEAM' }, { name: 'ID' }, { name: 'NAME' }],
  options: { format: formatOption, ...registryOptions },
  details: 'The name is for people; nothing on the host changes. Requires the role owner.',
  examples: ['aa-registry fleet host rename platform 7 edge-7'],
  async run({ values, args: [team = '', id = '', name = ''], io }) {
    const host = requireId(id);
    const client = await openSession(io, values);
    const changed = await client.changeHost(team, host, { name });
    printResult(io, values, changed, `Host ${host} is named ${changed.name}.`);
    return exit.ok;
  },
});
