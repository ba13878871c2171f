import { Visibility } from '../../contract/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';

export const visibility = defineCommand({
  name: 'visibility',
  summary: 'Make a profile private or public (owners)',
  args: [{ name: 'NAME' }, { name: 'private|public', choices: ['private', 'public'] }],
  options: { format: formatOption, ...registryOptions },
  details:
    'Only the team can see a private profile, and new log entries hide its name. Existing log ' +
    'entries stay as they are: to keep a name out of the log from the first version on, use ' +
    '"publish --private".',
  examples: ['aa-registry visibility platform/web private'],
  async run({ values, args: [text = '', wanted = ''], io }) {
    const { team, name } = requireReference(text);
    const parsed = Visibility.safeParse(wanted);
    if (!parsed.success) {
      throw new CliError(exit.usage, `A profile is private or public, not "${wanted}".`);
    }
    const client = await openSession(io, values);
    const visibility = parsed.data;
    await client.setVisibility({ team, name }, visibility);
    printResult(io, values, { team, name, visibility }, `${team}/${name} is ${visibility}.`);
    return exit.ok;
  },
});
