import { Scope } from '../../contract/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { requireEnd } from '../framework/end.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const tokenCreate = defineCommand({
  name: 'token create',
  summary: 'Create an API token',
  args: [{ name: 'LABEL' }],
  usage: '[--team TEAM] [--scope SCOPE] [--expires WHEN]',
  options: {
    format: formatOption,
    ...registryOptions,
    team: { type: 'string', value: 'TEAM', description: 'Restrict it to this team' },
    profile: {
      type: 'string',
      value: 'NAME',
      description: 'Restrict it to this profile of the team',
    },
    user: {
      type: 'string',
      value: 'USER',
      description: 'The user it belongs to (default with --team: the team)',
    },
    scope: {
      type: 'string',
      choices: Scope.options,
      description: 'What it may be used for (default publish)',
    },
    expires: {
      type: 'string',
      value: 'WHEN',
      description: 'When it expires: 90d or a time (default: never)',
    },
  },
  details:
    'The token is printed once; the registry stores only its hash. It never has more rights ' +
    'than the token used to create it. Without --team and --user, it is yours. An ' +
    'administrator’s token is valid in every team, and with --scope admin it can manage the ' +
    'registry.',
  examples: [
    'aa-registry token create "release pipeline" --team platform --expires 90d',
    'aa-registry token create "edge hosts" --team platform --scope read',
  ],
  async run({ values, args: [label = ''], io }) {
    const { team, profile, user, scope = 'publish' } = values;
    if (profile !== undefined && team === undefined) {
      throw new CliError(exit.usage, '--profile requires --team.');
    }
    const expiresAt = values.expires === undefined ? undefined : requireEnd(values.expires);
    const client = await openSession(io, values);
    const made = await client.createToken({
      label,
      ...(team === undefined ? {} : { team }),
      ...(profile === undefined ? {} : { profile }),
      ...(user === undefined ? {} : { user }),
      scope,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    printResult(io, values, made, made.token);
    const until = made.expiresAt === null ? 'until it is revoked' : `until ${made.expiresAt}`;
    io.note(`Token ${made.id}, scope ${made.scope}, valid ${until}`);
    if (made.team === null && made.user === null) {
      const role =
        made.scope === 'admin'
          ? 'It has administrator rights for the whole registry'
          : 'It is valid in every team';
      io.note(`${role}; use --team TEAM to restrict a token to a team.`);
    }
    return exit.ok;
  },
});
