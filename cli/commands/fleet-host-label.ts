import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requireId } from '../framework/whole-number.ts';
import { labelText, requireLabels } from '../host-labels.ts';
import { openSession, registryOptions } from '../session.ts';

export const fleetHostLabel = defineCommand({
  name: 'fleet host label',
  summary: 'Set or remove labels of a host',
  args: [{ name: 'TEAM' }, { name: 'ID' }, { name: 'KEY=VALUE', repeated: true }],
  options: { format: formatOption, ...registryOptions },
  details: 'KEY- removes a label. Requires the role owner.',
  examples: [
    'aa-registry fleet host label platform 7 role=edge zone=eu',
    'aa-registry fleet host label platform 7 zone-',
  ],
  async run({ values, args: [team = '', id = '', ...texts], io }) {
    const labels = requireLabels(texts, { removable: true });
    const host = requireId(id);
    const client = await openSession(io, values);
    const changed = await client.changeHost(team, host, { labels });
    const text = labelText(changed.labels);
    const now = text === '' ? 'has no labels' : `has the labels ${text}`;
    printResult(io, values, changed, `Host ${host}, ${changed.name}, ${now}.`);
    return exit.ok;
  },
});
