import type { ProfileSummary } from '../../contract/index.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { pathOf } from '../installed.ts';
import { openSession, registryOptions } from '../session.ts';
import { printList } from '../terminal/table.ts';

/** The maximum number of pages requested: a registry could return pages without end. */
const maxPages = 100;

export const search = defineCommand({
  name: 'search',
  summary: 'Search profiles by name, image, tag, description or rules',
  args: [{ name: 'WORD', optional: true, repeated: true }],
  options: {
    format: formatOption,
    ...registryOptions,
    team: { type: 'string', value: 'TEAM', description: 'Only this team’s profiles' },
    image: {
      type: 'string',
      value: 'IMAGE',
      description: 'Only profiles for this container image',
    },
    tag: { type: 'string', value: 'TAG', description: 'Only profiles with this tag' },
    capability: {
      type: 'string',
      value: 'NAME',
      description: 'Only profiles that allow this capability, such as net_admin',
    },
    grade: { type: 'string', value: 'A…F', description: 'Only profiles with this lint grade' },
  },
  details:
    'The best matches come first. The last word may be incomplete; if nothing matches, each ' +
    'word may have one typo.',
  examples: [
    'aa-registry search nginx',
    'aa-registry search --image docker.io/library/nginx:1.27',
    'aa-registry search proxy --team platform --grade A',
  ],
  async run({ values, args, io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const { team, image, tag, capability } = values;
    const grade = values.grade?.toUpperCase();
    const query = { text: args.join(' ') || undefined, team, image, tag, capability, grade };
    let cursor: string | undefined;
    const found: ProfileSummary[] = [];
    for (let at = 0; at < maxPages; at++) {
      const page = await client.listProfiles({ ...query, cursor });
      if (page.similar && found.length === 0) {
        io.note(`No match for "${args.join(' ')}"; showing results with similar words.`);
      }
      found.push(...page.items);
      cursor = page.next ?? undefined;
      if (cursor === undefined) break;
    }
    if (cursor !== undefined) io.note('There are more results; add words to narrow the search.');
    if (json) {
      io.print(toJson({ items: found }));
      return exit.ok;
    }
    printList(
      io,
      ['PROFILE', 'LATEST', 'DESCRIPTION'],
      found.map((one) => [
        pathOf(one),
        one.latest,
        one.deprecated ? `(deprecated) ${one.description}` : one.description,
      ]),
    );
    if (found.length === 0) io.note('No matches.');
    return exit.ok;
  },
});
