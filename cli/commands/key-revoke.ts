import { RegistryError, UnreachableError } from '../../sdk/client.ts';
import { isDigest } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { requireKeyId } from '../key-id.ts';
import {
  describeRefused,
  findRefusedVersions,
  maxProfiles,
  type RefusedVersions,
} from '../refused-versions.ts';
import { openSession, registryOptions } from '../session.ts';
import type { Io } from '../terminal/io.ts';

export const keyRevoke = defineCommand({
  name: 'key revoke',
  summary: 'Revoke a team’s publisher key',
  args: [{ name: 'TEAM' }, { name: 'KEY-ID' }],
  usage: '--reason TEXT | --dry-run',
  options: {
    reason: { type: 'string', value: 'TEXT', description: 'The reason, for the log' },
    'dry-run': {
      type: 'boolean',
      short: 'n',
      description: 'Show the versions that hosts would refuse; revoke nothing',
    },
    format: formatOption,
    ...registryOptions,
  },
  details:
    'Hosts then refuse all versions that depend on its signature, including installed ' +
    'ones, and the command lists them. Publish those profiles again with another ' +
    'key first. A revocation can’t be undone.',
  examples: [
    'aa-registry key revoke library sha256:0a1b2c3d --dry-run',
    'aa-registry key revoke library sha256:0a1b2c3d --reason "laptop stolen"',
  ],
  async run({ values, args: [team = '', text = ''], io }) {
    const { reason, 'dry-run': dryRun = false } = values;
    if (!reason && !dryRun) throw new CliError(exit.usage, 'Give a reason with --reason TEXT.');
    const client = await openSession(io, values);
    const { keys } = dryRun ? await client.getTeam(team) : { keys: undefined };
    // A complete id needs no lookup.
    const keyId =
      isDigest(text) && !dryRun
        ? text
        : requireKeyId(text, team, idsOf(keys ?? (await client.getTeam(team)).keys), 'registered');
    const after = keys ?? (await client.revokeKey(team, keyId, reason ?? '')).keys;
    const say = (refused: RefusedVersions[] | null) =>
      printResult(
        io,
        values,
        { team, keyId, reason: reason ?? null, dryRun, refused },
        `${dryRun ? 'Would revoke' : 'Revoked'} ${keyId} of team ${team}.`,
      );
    // Looking at many profiles takes a while, and the key is revoked already.
    const json = values.format === 'json';
    if (!json) say(null);
    const valid = idsOf(after.filter((key) => key.revokedAt === null && key.keyId !== keyId));
    const found = await findRefusedVersions(client, team, { keyId, valid }).catch(
      (error: unknown) => {
        if (dryRun || !(error instanceof RegistryError || error instanceof UnreachableError)) {
          throw error;
        }
        io.note(`The versions that hosts now refuse could not be listed: ${error.message}`);
        return undefined;
      },
    );
    if (json) say(found?.refused ?? null);
    reportRefused(io, team, found, dryRun);
    if (valid.length === 0) {
      io.note(
        `Team ${team} ${dryRun ? 'would have' : 'has'} no valid key left. An administrator registers the next: aa-registry key add ${team} NEW.pem.pub`,
      );
    }
    return exit.ok;
  },
});

/** Names what hosts refuse, and the next steps of the team and of its hosts. */
function reportRefused(
  io: Io,
  team: string,
  found: Awaited<ReturnType<typeof findRefusedVersions>> | undefined,
  dryRun: boolean,
): void {
  const hosts = dryRun ? 'Hosts would refuse' : 'Hosts now refuse';
  if (found?.complete && found.refused.length === 0) {
    io.note(`${hosts} no version: other valid keys of the team signed each.`);
  } else {
    io.note(`${hosts} the versions that no other valid key of the team signed${found ? ':' : '.'}`);
    for (const one of found?.refused ?? []) io.note(`  ${describeRefused(one)}`);
    if (found?.complete === false)
      io.note(`  … only the first ${maxProfiles} profiles were checked`);
    io.note(
      'Publish them again with another key: aa-registry publish DIR --version VERSION --key FILE',
    );
    // Unknown profiles may have channels too.
    if (!found?.complete || found.refused.some((one) => Object.keys(one.channels).length > 0)) {
      io.note(`Then move their channels: aa-registry channel set ${team}/NAME@VERSION CHANNEL`);
    }
  }
  io.note(
    `Then, on each host, to trust the team’s other keys: sudo aa-registry trust update ${team}`,
  );
}

function idsOf(keys: readonly { keyId: string }[]): string[] {
  return keys.map(({ keyId }) => keyId);
}
