import { type Host, hostStates } from '../../contract/host.ts';
import { isProfileName, isVersion } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { labelText, requireLabels } from '../host-labels.ts';
import { ownTeam } from '../own-team.ts';
import { openSession, registryOptions } from '../session.ts';
import { printList } from '../terminal/table.ts';

export const fleetHosts = defineCommand({
  name: 'fleet hosts',
  summary: 'List a team’s hosts and what they reported',
  args: [{ name: 'TEAM', optional: true }],
  usage: '[--state STATE] [--label KEY=VALUE] [--profile NAME[@VERSION]]',
  options: {
    state: {
      type: 'string',
      choices: hostStates,
      description: 'Only hosts in this state (default: all that are not retired)',
    },
    label: { type: 'string', value: 'KEY=VALUE', description: 'Only hosts with this label' },
    profile: {
      type: 'string',
      value: 'NAME[@VERSION]',
      description: 'Only hosts that have this package, or this version of it',
    },
    limit: { type: 'string', value: 'N', description: 'How many hosts to list (default 1000)' },
    format: formatOption,
    ...registryOptions,
  },
  details: 'By default, the team is that of the token. Requires the role publisher.',
  examples: [
    'aa-registry fleet hosts platform --state drifted',
    'aa-registry fleet hosts platform --profile web@1.2.0 --label role=edge',
  ],
  async run({ values, args: [named], io }) {
    const limit = requireWholeNumber('limit', values.limit ?? '1000', {
      minimum: 1,
      maximum: 10_000,
    });
    if (values.label !== undefined) requireLabels([values.label]);
    const json = values.format === 'json';
    const client = await openSession(io, values);
    const team = await ownTeam(client, named);
    const hosts: Host[] = [];
    let more = false;
    const filter = {
      ...(values.state && { state: values.state }),
      ...(values.label !== undefined && { label: values.label }),
      ...packageFilter(values.profile),
    };
    for await (const host of client.listHosts(team, filter)) {
      if (hosts.length === limit) {
        more = true;
        break;
      }
      hosts.push(host);
    }
    if (json) io.print(toJson({ items: hosts, more }));
    else {
      printList(
        io,
        ['ID', 'NAME', 'STATE', 'REPORTED', 'KERNEL', 'APPARMOR', 'LABELS', 'PROFILES'],
        hosts.map(rowOf),
      );
      if (hosts.length === 0) io.note('No hosts.');
    }
    if (more) io.note(`There are more hosts than ${limit}; use --limit, or filter them.`);
    return exit.ok;
  },
});

function rowOf(host: Host): string[] {
  const { id, name, state, reportedAt, kernel, apparmor, labels, profiles } = host;
  const packages = profiles.map(({ name, version, mode, drifted }) => {
    const marks = [...(mode === 'complain' ? ['complain'] : []), ...(drifted ? ['drifted'] : [])];
    return `${name}@${version}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`;
  });
  const reported = reportedAt === null ? 'never' : reportedAt.slice(0, 'YYYY-MM-DDTHH:MM'.length);
  return [
    ...[String(id), name, state, reported, kernel ?? '', apparmor ?? ''],
    ...[labelText(labels), packages.join(', ')],
  ];
}

function packageFilter(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  const [profile = '', version, ...rest] = text.split('@');
  const isKnown = isProfileName(profile) && (version === undefined || isVersion(version));
  if (isKnown && rest.length === 0) return { profile, ...(version !== undefined && { version }) };
  throw new CliError(
    exit.usage,
    `--profile takes NAME or NAME@VERSION, such as web@1.2.0, not "${text}".`,
  );
}
