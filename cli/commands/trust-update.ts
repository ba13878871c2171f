import { hostCommand } from '../../sdk/host-command.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { openSession, registryOptions } from '../session.ts';
import {
  changeOptions,
  changeTeams,
  fetchTeamKeys,
  openTrust,
  requireTeam,
  type TeamChange,
} from '../trust-change.ts';

export const trustUpdate = defineCommand({
  name: 'trust update',
  summary: 'Show changed keys of trusted teams, and trust the new ones',
  args: [{ name: 'TEAM', optional: true, repeated: true }],
  options: { ...changeOptions, ...registryOptions },
  details:
    'Run this after a team has changed its keys. Fetches the keys of each TEAM (default: all ' +
    'trusted teams), shows new keys, revoked keys and the new keys that trusted keys have ' +
    'signed, and asks for confirmation. Compare the ids with those that the team publishes. Keys ' +
    'that the registry does not list stay, and so does the number of required signatures.',
  examples: ['sudo aa-registry trust update library'],
  async run({ values, args, io }) {
    const opened = await openTrust(values);
    const { trust } = opened;
    const teams = args.length > 0 ? [...new Set(args.map(requireTeam))] : [...trust.teams.keys()];
    const client = await openSession(io, values, trust.registry);
    const changes: TeamChange[] = [];
    for (const team of teams) {
      const policy = trust.teams.get(team);
      if (!policy) {
        const next = `To trust it: ${hostCommand(`trust add ${team}`, values)}`;
        throw new CliError(exit.failed, `Team ${team} is not trusted yet.`, next);
      }
      const shown = await fetchTeamKeys(client, opened, team, io.env);
      const revoked = new Set(shown.flatMap((one) => (one.revoked ? [one.key.keyId] : [])));
      const remaining = policy.keys.filter(({ keyId }) => !revoked.has(keyId));
      const known = new Set(policy.keys.map(({ keyId }) => keyId));
      const added = shown.filter((one) => !one.revoked && !known.has(one.key.keyId));
      const notes = new Map<string, string>(
        policy.keys.map(({ keyId }) => [keyId, 'not known to the registry']),
      );
      for (const { key, label, vouched } of shown) {
        const reason = revoked.has(key.keyId)
          ? 'revoked'
          : known.has(key.keyId)
            ? 'trusted'
            : vouched
              ? 'new, endorsed by trusted keys'
              : 'new, not endorsed by a trusted key: compare its id';
        notes.set(key.keyId, `${reason} (${label})`);
      }
      const keys = [...remaining, ...added.map(({ key }) => key)];
      changes.push({ team, after: { ...policy, keys }, notes });
    }
    return changeTeams(io, values, opened, changes);
  },
});
