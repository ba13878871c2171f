import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';
import { confirm } from '../terminal/prompt.ts';

export const transfer = defineCommand({
  name: 'transfer',
  summary: 'Transfer a profile to another team (owners of both)',
  args: [{ name: 'NAME' }, { name: 'TEAM' }],
  options: {
    format: formatOption,
    ...registryOptions,
    yes: { type: 'boolean', description: 'Do not ask for confirmation' },
  },
  details:
    'Published versions stay where they are, signed by the old team: no registry can change ' +
    'whose keys a host trusts. The new team continues under its own name, and commands that use ' +
    'the old name point to the new one. This can’t be undone.',
  examples: ['aa-registry transfer platform/web edge'],
  async run({ values, args: [text = '', to = ''], io }) {
    const { team, name } = requireReference(text);
    const question = `No version can be published as ${team}/${name} after this, and it can’t be undone. Continue?`;
    if (values.yes !== true && !io.stdin.isTTY) {
      throw new CliError(
        exit.usage,
        'There is no terminal to confirm on; use --yes to transfer without confirmation.',
      );
    }
    if (values.yes !== true && !(await confirm(io, question))) {
      throw new CliError(exit.failed, 'Nothing was changed.');
    }
    const client = await openSession(io, values);
    const { replacement } = await client.transfer({ team, name }, to);
    printResult(io, values, { team, name, replacement }, `${team}/${name} is now ${replacement}.`);
    return exit.ok;
  },
});
