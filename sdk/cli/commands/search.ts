import { formatReference } from '../../../trust/index.ts';
import { defineCommand, exit } from '../command.ts';
import { openSession, registryOption } from '../session.ts';

/** The most pages that are asked for: a registry could go on for ever. */
const mostPages = 100;

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
    for (let at = 0; at < mostPages; at++) {
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
      if (cursor === undefined) break;
    }
    if (cursor !== undefined) io.tell('There is more; add words to find less.');
    if (count === 0) io.tell('Nothing matches.');
    return exit.ok;
  },
});
