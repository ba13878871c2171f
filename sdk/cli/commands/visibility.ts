import { Visibility } from '../../../worker/api/schema/index.ts';
import { CliError, defineCommand, exit } from '../command.ts';
import { openSession, registryOption, requireReference } from '../session.ts';

export const visibility = defineCommand({
  name: 'visibility',
  summary: 'Make a profile private or public (owners)',
  usage: 'NAME private|public',
  args: { min: 2, max: 2 },
  options: { registry: registryOption },
  details:
    'A private profile is there for its team only, and the log blinds its name from then on. What the log has\n' +
    'said before stays said: "publish --private" makes a profile private from its first version on.',
  examples: ['aa-registry visibility platform/web private'],
  async run({ values, args: [text = '', wanted = ''], io }) {
    const { team, name } = requireReference(text);
    const visibility = Visibility.safeParse(wanted);
    if (!visibility.success) {
      throw new CliError(exit.usage, `A profile is private or public, not "${wanted}".`);
    }
    const client = await openSession(io, values.registry);
    await client.setVisibility({ team, name }, visibility.data);
    io.print(`${team}/${name} is ${visibility.data}.`);
    return exit.ok;
  },
});
