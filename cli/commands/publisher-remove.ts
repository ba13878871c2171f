import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requireId } from '../framework/whole-number.ts';
import { openSession, registryOptions } from '../session.ts';

export const publisherRemove = defineCommand({
  name: 'publisher remove',
  summary: 'Stop a repository’s CI from publishing (owners)',
  args: [{ name: 'TEAM' }, { name: 'ID' }],
  options: { format: formatOption, ...registryOptions },
  details: '"publisher list" shows the ids.',
  examples: ['aa-registry publisher remove platform 3'],
  async run({ values, args: [team = '', text = ''], io }) {
    const id = requireId(text);
    const client = await openSession(io, values);
    await client.removeTrustedPublisher(team, id);
    printResult(io, values, { team, id }, `Removed publisher ${id}.`);
    return exit.ok;
  },
});
