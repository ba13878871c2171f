import type { Profile } from '../../contract/index.ts';
import { releases } from '../../policy/index.ts';
import { deprecationText, resolveReference } from '../../sdk/resolve/index.ts';
import { latestChannel, type Manifest } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';
import { visible } from '../terminal/io.ts';
import { gradeText } from '../terminal/report.ts';
import { printTable } from '../terminal/table.ts';

export const show = defineCommand({
  name: 'show',
  summary: 'Show a profile, its versions and who signed it',
  args: [{ name: 'REF' }],
  options: {
    format: formatOption,
    ...registryOptions,
    source: { type: 'boolean', description: 'Print the profile’s text instead' },
    target: {
      type: 'string',
      choices: releases,
      description: 'With --source: the variant for this AppArmor release (default: the first)',
    },
  },
  details: 'Shows what the registry reports, without verifying it; "verify" and "pull" do.',
  examples: ['aa-registry show docker-nginx', 'aa-registry show docker-nginx@1.0.0 --source'],
  async run({ values, args: [text = ''], io }) {
    const json = values.format === 'json';
    if (json && values.source) {
      throw new CliError(
        exit.usage,
        '--source prints the profile; --format json can’t be used with it.',
      );
    }
    const reference = requireReference(text);
    const client = await openSession(io, values);
    const resolved = await resolveReference(client, reference);
    if (!resolved.ok) throw new CliError(exit.failed, `${resolved.reason}.`);
    const path = { team: reference.team, name: reference.name, version: resolved.version };
    if (values.source) {
      const content = await client.getContent(path, values.target);
      // Files and pipes get the exact bytes; a terminal gets them without control characters.
      if (io.stdout.isTTY) io.stdout.write(visible(new TextDecoder().decode(content)));
      else io.stdout.write(content);
      return exit.ok;
    }
    const [profile, version, versions, { keys }] = await Promise.all([
      client.getProfile(path),
      client.getVersion(path),
      client.listVersions(path),
      client.getTeam(path.team),
    ]);
    if (json) {
      io.print(toJson({ profile, version, versions }));
      return exit.ok;
    }
    const { manifest, diagnostics, omitted, suppressed, grade } = version;
    const { visibility, deprecation } = profile;
    const { tags = [], links = {} } = manifest;
    const rows: [string, string][] = [
      ['Profile', `${version.team}/${version.name}${visibility === 'private' ? ' (private)' : ''}`],
      ...(deprecation
        ? [
            ['Deprecated', deprecationText(deprecation.reason, deprecation.replacement)] as [
              string,
              string,
            ],
          ]
        : []),
      ['Version', `${version.version}, published ${version.publishedAt}`],
      ...(version.yankReason === null ? [] : [['Yanked', version.yankReason] as [string, string]]),
      ...(version.variants?.map(({ from, digest }, at): [string, string] => [
        at === 0 ? 'Variants' : '',
        `AppArmor ${from} and newer: ${digest}`,
      ]) ?? [['Digest', version.digest] as [string, string]]),
      ['Signed by', version.signers.map((keyId) => nameSigner(keyId, keys)).join(', ')],
      ['About', manifest.description],
      purposeOf(manifest),
      ...Object.entries(manifest.dependencies ?? {}).map(([path, range], at): [string, string] => [
        at === 0 ? 'Needs' : '',
        `${path}@${range}`,
      ]),
      ...(manifest.profiles ? [['Defines', manifest.profiles.join(', ')] as [string, string]] : []),
      ...(tags.length > 0 ? [['Tags', tags.join(', ')] as [string, string]] : []),
      ...(manifest.widens ? [['Permits more', manifest.widens] as [string, string]] : []),
      ...Object.entries(links).map(([kind, url]): [string, string] => [
        capitalise(kind),
        url ?? '',
      ]),
      ['ABI', `${manifest.abi}; needs AppArmor ${version.needs} or newer`],
      ['Licence', manifest.license],
      ...(grade === null ? [] : [['Grade', gradeText(grade, suppressed)] as [string, string]]),
      ['Lint', summarise(diagnostics, omitted)],
      ['Versions', versions.map(nameVersion).join(', ')],
      ['Channels', channelsText(profile)],
    ];
    printTable(io, rows);
    return exit.ok;
  },
});

/** What a package is for. */
function purposeOf({ kind, images }: Manifest): [string, string] {
  if (kind === 'host') return ['For', 'programs of the host'];
  if (kind === 'abstraction') return ['For', 'profiles of other packages, as an abstraction'];
  return ['Images', images.join(', ') || '-'];
}

/** A key id, marked if the team revoked the key: hosts then refuse versions that no other key signed. */
function nameSigner(
  keyId: string,
  keys: readonly { keyId: string; revokedAt: string | null }[],
): string {
  const revokedAt = keys.find((key) => key.keyId === keyId)?.revokedAt ?? null;
  return revokedAt === null ? keyId : `${keyId} (revoked ${revokedAt.slice(0, 10)})`;
}

/** The version as the list of all versions shows it: marked if it was yanked. */
function nameVersion({
  version,
  yankReason,
}: {
  version: string;
  yankReason: string | null;
}): string {
  return yankReason === null ? version : `${version} (yanked)`;
}

/**
 * The channels and their versions: without a version, "pull" takes stable, or else the latest. Every profile with a
 * version that is not yanked has the channel "latest".
 */
function channelsText({ channels, latest }: Profile): string {
  const named = Object.entries(channels).map(([name, version]) => `${name} ${version}`);
  if (latest.yankReason === null) named.push(`${latestChannel} ${latest.version}`);
  return named.length === 0 ? '-' : named.join(', ');
}

function capitalise(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function summarise(diagnostics: { id: string; severity: string }[], omitted: number): string {
  if (diagnostics.length === 0) return 'no findings';
  const ids = [...new Set(diagnostics.map(({ id }) => id))];
  const more = omitted === 0 ? '' : `, and ${omitted} more`;
  const count = diagnostics.length === 1 ? '1 finding' : `${diagnostics.length} findings`;
  return `${count}: ${ids.join(', ')}${more}`;
}
