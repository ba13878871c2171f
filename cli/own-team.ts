import type { Client } from '../sdk/client.ts';
import { CliError, exit } from './framework/command.ts';

/** The named team, or else the only one that the token has a role in. Throws a usage error if that is not clear. */
export async function ownTeam(client: Client, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const teams = Object.keys((await client.whoami()).roles);
  const [team] = teams;
  if (team !== undefined && teams.length === 1) return team;
  const which =
    teams.length === 0 ? 'the token is of no team' : `the token is of ${teams.sort().join(', ')}`;
  throw new CliError(exit.usage, `Name a team: ${which}.`);
}
