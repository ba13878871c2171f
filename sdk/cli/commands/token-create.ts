import { defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';

export const tokenCreate = defineCommand({
  name: 'token create',
  summary: 'Make an API token (administrators)',
  usage: 'LABEL [--team TEAM]',
  args: { min: 1, max: 1 },
  options: {
    registry: registryOption,
    team: {
      type: 'string',
      value: 'TEAM',
      description: 'Whose profiles it may publish (left out: an administrator)',
    },
  },
  details: 'The token is printed once; the registry keeps only its hash.',
  examples: ['aa-registry token create "release pipeline" --team platform'],
  async run({ values, args: [label = ''], io }) {
    const client = await openSession(io, values.registry);
    const { team } = values;
    const made = await client.createToken({ label, ...(team === undefined ? {} : { team }) });
    io.print(made.token);
    return exit.ok;
  },
});
