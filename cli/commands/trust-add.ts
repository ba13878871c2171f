import { hostCommand } from '../../sdk/host-command.ts';
import { importPublicKey, isDigest, type PublicKey } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { requirePublicKey } from '../public-key.ts';
import { openSession, registryOptions } from '../session.ts';
import {
  changeOptions,
  changeTeams,
  fetchTeamKeys,
  openTrust,
  requireTeam,
} from '../trust-change.ts';

export const trustAdd = defineCommand({
  name: 'trust add',
  summary: 'Trust another team, or more keys of one',
  args: [{ name: 'TEAM' }, { name: 'KEY', optional: true, repeated: true }],
  options: { ...changeOptions, ...registryOptions },
  details:
    'Without KEY, adds all keys that the registry lists for a team that is not trusted yet. KEY ' +
    'is the id of one of those (sha256:…), a public key file, or a public key in base64; files ' +
    'and keys need no registry. Shows the key ids before and after the change and asks for ' +
    'confirmation: compare them with the ids that the team publishes.',
  examples: [
    'sudo aa-registry trust add acme',
    'sudo aa-registry trust add library ./next.pem.pub',
  ],
  async run({ values, args: [name = '', ...texts], io }) {
    const opened = await openTrust(values);
    const team = requireTeam(name);
    const policy = opened.trust.teams.get(team);
    if (texts.length === 0 && policy) {
      throw new CliError(
        exit.failed,
        `Team ${team} is already trusted; name the KEY to add.`,
        `To show changes of its keys: ${hostCommand(`trust update ${team}`, values)}`,
      );
    }
    const needsRegistry = texts.length === 0 || texts.some(isDigest);
    const client = needsRegistry ? await openSession(io, values, opened.trust.registry) : undefined;
    const shown = client ? await fetchTeamKeys(client, opened, team, io.env) : [];
    const good = shown.filter(({ revoked }) => !revoked);
    const added: PublicKey[] = texts.length === 0 ? good.map(({ key }) => key) : [];
    for (const text of texts) {
      if (!isDigest(text)) {
        added.push((await importPublicKey(text)) ?? (await requirePublicKey(text)));
        continue;
      }
      const found = shown.find(({ key }) => key.keyId === text);
      if (!found || found.revoked) {
        const why = found ? 'has revoked the key' : 'has no key';
        throw new CliError(exit.failed, `Nothing was written: team ${team} ${why} ${text}.`);
      }
      added.push(found.key);
    }
    if (added.length === 0) throw new CliError(exit.failed, `Team ${team} has no keys to trust.`);
    const before = policy?.keys ?? [];
    const keys = [...new Map([...before, ...added].map((key) => [key.keyId, key])).values()];
    const notes = new Map<string, string>(
      shown.map(({ key, label, revoked }) => [key.keyId, revoked ? `revoked (${label})` : label]),
    );
    const after = { threshold: 1, ...policy, keys };
    return changeTeams(io, values, opened, [{ team, after, notes }]);
  },
});
