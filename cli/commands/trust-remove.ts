import { CliError, defineCommand, exit } from '../framework/command.ts';
import { requireKeyId } from '../key-id.ts';
import { changeOptions, changeTeams, openTrust, requireTeam } from '../trust-change.ts';

export const trustRemove = defineCommand({
  name: 'trust remove',
  summary: 'Stop trusting a team, or some of its keys',
  args: [{ name: 'TEAM' }, { name: 'KEY-ID', optional: true, repeated: true }],
  options: changeOptions,
  details:
    'KEY-ID is sha256:… or a prefix of it with at least eight digits. Without KEY-ID, removes ' +
    'the team and all its keys; otherwise at least one key must remain. Installed profiles stay ' +
    'until "remove", but are no longer repaired.',
  examples: [
    'sudo aa-registry trust remove library sha256:0a1b2c3d',
    'sudo aa-registry trust remove acme',
  ],
  async run({ values, args: [name = '', ...texts], io }) {
    const opened = await openTrust(values);
    const team = requireTeam(name);
    const policy = opened.trust.teams.get(team);
    if (!policy)
      throw new CliError(exit.failed, `Team ${team} is not trusted; nothing was changed.`);
    if (texts.length === 0) {
      return changeTeams(io, values, opened, [{ team, after: undefined }]);
    }
    const trusted = policy.keys.map(({ keyId }) => keyId);
    const gone = new Set(texts.map((text) => requireKeyId(text, team, trusted, 'trusted')));
    const keys = policy.keys.filter(({ keyId }) => !gone.has(keyId));
    return changeTeams(io, values, opened, [{ team, after: { ...policy, keys } }]);
  },
});
