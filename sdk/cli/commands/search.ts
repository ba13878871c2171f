import { formatReference } from '../../../trust/index.ts';
import { defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';

export const search = defineCommand({
  name: 'search',
  summary: 'Find profiles by name, description or image',
  usage: '[WORD…]',
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  options: {
    registry: registryOption,
    team: { type: 'string', value: 'TEAM', description: "Only this team's" },
  },
  examples: ['aa-registry search nginx', 'aa-registry search --team platform'],
  async run({ values, args, io }) {
    const client = await openSession(io, values.registry);
    const { team } = values;
    const query = { text: args.join(' '), ...(team === undefined ? {} : { team }) };
    let cursor: string | undefined;
    let count = 0;
    do {
      const page = await client.listProfiles({
        ...query,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const { team, name, latest, description } of page.items) {
        const reference = formatReference({ team, name, selector: { kind: 'default' } });
        io.print(`${reference.padEnd(28)} ${latest.padEnd(10)} ${description}`);
      }
      count += page.items.length;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    if (count === 0) io.tell('Nothing matches.');
    return exit.ok;
  },
});
