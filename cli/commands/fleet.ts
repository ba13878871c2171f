import { silentAfter } from '../../contract/host.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { ownTeam } from '../own-team.ts';
import { openSession, registryOptions } from '../session.ts';
import { printList } from '../terminal/table.ts';

export const fleet = defineCommand({
  name: 'fleet',
  summary: 'Count a team’s hosts, and the versions on them',
  args: [{ name: 'TEAM', optional: true }],
  options: { format: formatOption, ...registryOptions },
  details:
    'Counts the hosts that joined the team and are not retired, as their last reports say. A host is silent after ' +
    `${silentAfter} hours without a report, and has drifted if a profile differs from what was installed. ` +
    'By default, the team is that of the token. Requires the role publisher. docs/fleet.md says what hosts report.',
  examples: ['aa-registry fleet platform', 'aa-registry fleet platform --format json'],
  async run({ values, args: [named], io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const team = await ownTeam(client, named);
    const found = await client.getFleet(team);
    if (json) {
      io.print(toJson(found));
      return exit.ok;
    }
    const { hosts, silent, drifted, versions } = found;
    const count = hosts === 1 ? '1 host' : `${hosts} hosts`;
    io.print(`${count}, ${silent} silent, ${drifted} drifted`);
    const rows = versions.map((one) => [
      ...[one.name, one.version, String(one.hosts)],
      ...[one.complain, one.drifted].map((number) => (number === 0 ? '' : String(number))),
    ]);
    printList(io, ['PROFILE', 'VERSION', 'HOSTS', 'COMPLAIN', 'DRIFTED'], rows);
    if (hosts === 0) {
      io.note(
        `No host has joined. To create a join token: aa-registry fleet token create ${team} LABEL`,
      );
    }
    return exit.ok;
  },
});
