import { VersionPolicy } from '../../contract/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { openSession, registryOptions } from '../session.ts';

export const teamVersionPolicy = defineCommand({
  name: 'team version-policy',
  summary:
    'Show or set whether versions that permit more need a new major version or a reason (owners)',
  args: [{ name: 'TEAM' }, { name: 'none|semver', optional: true, choices: ['none', 'semver'] }],
  options: { format: formatOption, ...registryOptions },
  details:
    'semver: the registry refuses a version that permits more than the one that it follows, unless it is a new major ' +
    'version (below 1.0.0, a new minor version) or "publish --widens" signs a reason. A version follows the highest ' +
    'lower version that is not yanked. The registry compares them with each of its base policies; what it can’t compare ' +
    'counts as more. none (the default): any version may be published.',
  examples: [
    'aa-registry team version-policy platform',
    'aa-registry team version-policy platform semver',
  ],
  async run({ values, args: [team = '', wanted], io }) {
    const parsed = VersionPolicy.optional().safeParse(wanted);
    if (!parsed.success) {
      throw new CliError(exit.usage, `A version policy is none or semver, not "${wanted}".`);
    }
    const client = await openSession(io, values);
    const { versionPolicy } =
      parsed.data === undefined
        ? await client.getTeam(team)
        : await client.setVersionPolicy(team, parsed.data);
    const line = `The version policy of team ${team} is ${versionPolicy}.`;
    printResult(io, values, { team, versionPolicy }, line);
    return exit.ok;
  },
});
