import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';

export const deprecate = defineCommand({
  name: 'deprecate',
  summary: 'Deprecate a profile',
  args: [{ name: 'NAME' }],
  usage: '--reason TEXT [--replacement NAME] | --undo',
  options: {
    format: formatOption,
    ...registryOptions,
    reason: {
      type: 'string',
      value: 'TEXT',
      description: 'The reason, shown with the profile',
    },
    replacement: { type: 'string', value: 'NAME', description: 'The profile to use instead' },
    undo: { type: 'boolean', description: 'Undo the deprecation' },
  },
  details:
    'The profile can still be pulled; "pull", "show" and the catalog show the reason. To ' +
    'withdraw a single version, use "yank".',
  examples: [
    'aa-registry deprecate platform/web --reason "one profile for all" --replacement platform/front',
  ],
  async run({ values, args: [text = ''], io }) {
    const { team, name } = requireReference(text);
    const { reason, undo } = values;
    if (undo === true) {
      if (reason !== undefined || values.replacement !== undefined) {
        throw new CliError(exit.usage, '--undo can’t be combined with --reason or --replacement.');
      }
      const client = await openSession(io, values);
      await client.undeprecate({ team, name });
      const data = { team, name, deprecation: null };
      printResult(io, values, data, `${team}/${name} is not deprecated.`);
      return exit.ok;
    }
    if (!reason) throw new CliError(exit.usage, 'Give a reason with --reason TEXT.');
    const replacement = values.replacement && requireReference(values.replacement);
    const client = await openSession(io, values);
    const deprecation = await client.deprecate(
      { team, name },
      { reason, replacement: replacement ? `${replacement.team}/${replacement.name}` : null },
    );
    printResult(io, values, { team, name, deprecation }, `${team}/${name} is deprecated.`);
    return exit.ok;
  },
});
