import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';
import { printList } from '../terminal/table.ts';

export const publisherList = defineCommand({
  name: 'publisher list',
  summary: 'List the repositories whose CI publishes for a team',
  args: [{ name: 'TEAM' }],
  options: { format: formatOption, ...registryOptions },
  examples: ['aa-registry publisher list platform'],
  async run({ values, args: [team = ''], io }) {
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const publishers = await client.listTrustedPublishers(team);
    if (json) {
      io.print(toJson({ items: publishers }));
      return exit.ok;
    }
    const rows = publishers.map(({ id, repository, branch, environment, profile, issuer }) => {
      return [String(id), repository, branch, environment ?? '', profile ?? 'all', issuer];
    });
    const headings = ['ID', 'REPOSITORY', 'BRANCH', 'ENVIRONMENT', 'PROFILE', 'ISSUER'];
    printList(io, headings, rows);
    if (publishers.length === 0) io.note(`Team ${team} has no trusted publishers.`);
    return exit.ok;
  },
});
