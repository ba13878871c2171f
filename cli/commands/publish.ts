import { isDeepStrictEqual } from 'node:util';
import { gradeOf, lint, packageOptions } from '../../policy/index.ts';
import { type Client, RegistryError } from '../../sdk/client.ts';
import { fetchDependencyTexts } from '../../sdk/dependency-texts.ts';
import { type PackageFolder, profileText, readPackageFolder } from '../../sdk/package-folder.ts';
import { isVersion, Manifest, sha256, signStatement, wideningRefusal } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { changeData, describeChange } from '../policy-comparison.ts';
import { compareWithLatest, type LatestChange } from '../publish-change.ts';
import { compareDependents, reportDependents } from '../publish-dependents.ts';
import { requireNoWidening, wideningError } from '../publish-widening.ts';
import { openPublishingSession, openSession, registryOptions } from '../session.ts';
import { loadSigningKeys } from '../signing-key.ts';
import type { Io } from '../terminal/io.ts';
import { gradeText, maxShown, printDiagnostics } from '../terminal/report.ts';

export const publish = defineCommand({
  name: 'publish',
  summary: 'Lint, sign and publish a version of a profile',
  args: [{ name: 'DIR' }],
  usage: '--version VERSION [--dry-run]',
  options: {
    version: {
      type: 'string',
      value: 'VERSION',
      description: 'A semantic version; it can’t be changed later',
    },
    key: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      description:
        'A signing key (default AA_SIGNING_KEY, then that of "key generate"); repeatable',
    },
    'dry-run': {
      type: 'boolean',
      short: 'n',
      description: 'Lint, sign and let the registry check it; publish nothing',
    },
    widens: {
      type: 'string',
      value: 'REASON',
      description: 'Why this version permits more than the one before; signed, for reviewers',
    },
    format: formatOption,
    ...registryOptions,
    private: {
      type: 'boolean',
      description: 'When creating a profile: only its team can see it',
    },
  },
  details:
    'DIR contains aa-profile.toml, the profile or its variants, and optionally README.md. The version, the digests ' +
    'and the manifest are signed on this machine; the key never leaves it. CI jobs that the ' +
    'team trusts ("publisher add") need no token. Shows what the version permits that the latest one does not, and ' +
    'what it no longer permits, using the base policy of this machine; for an abstraction, also in the packages that ' +
    'depend on it. If the team’s version policy is semver, a version that permits more than the one that it follows ' +
    'must be a new major version or have --widens; a dry run checks this too.',
  examples: [
    'aa-registry publish ./docker-nginx --version 1.2.0 --dry-run',
    'aa-registry publish ./docker-nginx --version 1.2.0',
    'AA_SIGNING_KEY="$(cat key.pem)" aa-registry publish ./docker-nginx --version 1.2.0',
  ],
  async run({ values, args: [folder = ''], io }) {
    const { version } = values;
    if (version === undefined) {
      throw new CliError(exit.usage, 'Name the version with --version, such as --version 1.0.0.');
    }
    if (!isVersion(version)) {
      throw new CliError(
        exit.usage,
        `"${version}" is not a semantic version (such as 1.2.0 or 2.0.0-rc.1; no build metadata).`,
      );
    }
    const read = await readPackageFolder(folder);
    const { team, name, file, bytes, readme, warnings } = read;
    const manifest = withReason(read.manifest, values.widens);
    const text = profileText(read);
    const others = read.others.map(profileText);
    const reports = [text, ...others].map((source, at) => ({
      ...lint(source, packageOptions({ team, name, manifest }, at)),
      ...{ file: read.others[at - 1]?.file ?? file, source },
    }));
    for (const [at, report] of reports.entries()) {
      const diagnostics = [...report.diagnostics, ...(at === 0 ? warnings : [])];
      if (diagnostics.length > 0) printDiagnostics(io, io.stderr, { ...report, diagnostics });
    }
    const suppressed = reports.reduce((sum, report) => sum + report.suppressed, 0);
    const grade = gradeOf(reports.flatMap(({ diagnostics }) => diagnostics));
    if (!reports.every(({ ok }) => ok)) {
      throw new CliError(exit.failed, 'The profile has errors; nothing was published.');
    }
    const keys = await loadSigningKeys(io, values.key);
    const digest = await sha256(bytes);
    const digests = await Promise.all(read.others.map((one) => sha256(one.bytes)));
    const envelope = await signStatement(
      { team, name, version, digest, others: digests, manifest },
      keys,
    );
    const signedBy = keys.map(({ publicKey }) => publicKey.keyId);
    const reference = `${team}/${name}@${version}`;
    if (values['dry-run']) {
      const client = await openSession(io, values);
      const created = await couldPublish(
        client,
        version,
        [digest, ...digests],
        { ...read, manifest },
        signedBy,
      );
      const { registry } = client;
      const wanted = { team, name, version, text, manifest };
      if (created) {
        await requireDependencies(client, wanted);
        await requireNoWidening(io, client, { ...wanted, texts: [text, ...others] }, manifest);
      }
      const found = created ? await compareWithLatest(client, wanted) : undefined;
      const dependents = created ? await compareDependents(client, wanted) : undefined;
      const data = {
        ...{ team, name, version, digest, signedBy, registry, grade, suppressed, created },
        ...{ ...changeOf(found), ...(dependents && { dependents }) },
      };
      const line = created
        ? `Would publish ${reference}`
        : `${reference} is already published, unchanged`;
      printResult(io, values, { ...data, dryRun: true }, line, digest);
      reportChange(io, found);
      reportDependents(io, dependents);
      io.note(`Lint grade ${gradeText(grade, suppressed)}`);
      return exit.ok;
    }
    const client = await openPublishingSession(io, values, { team, profile: name });
    const publication = {
      profile: text,
      ...(others.length > 0 && { variants: others }),
      envelope,
      ...(readme === undefined ? {} : { readme }),
      ...(values.private === true ? { visibility: 'private' as const } : {}),
    };
    // Only informs: whether the version can be published is for the registry to say.
    const candidate = { team, name, version, text, manifest };
    const found = await compareWithLatest(client, candidate).catch(() => undefined);
    const dependents = await compareDependents(client, candidate).catch(() => undefined);
    const published = await client
      .publish({ team, name, version }, publication)
      .catch(async (error: unknown) => {
        if (!(error instanceof RegistryError)) throw error;
        const { widening } = error;
        const { widens } = manifest;
        const refusal =
          widening && wideningRefusal({ team, name, version, widens, before: widening.version });
        if (refusal) throw wideningError(io, refusal, widening, 'The registry refused:');
        reportRefusal(io, file, error);
        if (error.id === 'request-invalid' && others.length > 0) {
          const next =
            'This registry’s release does not support variants; ask its operator to update it.';
          throw new CliError(exit.failed, `The registry refused: ${error.message}`, next, error.id);
        }
        if (error.id !== 'envelope-refused') throw error;
        const isNewer = manifest.dependencies || manifest.kind === 'abstraction';
        if (isNewer && error.message.includes('statement-malformed')) {
          const next =
            'A registry of an earlier release knows no dependencies; its operator has to update it.';
          throw new CliError(exit.failed, `The registry refused: ${error.message}`, next, error.id);
        }
        // The registry's refusal names the keys; the team's key list shows what is wrong with them.
        const trouble = await findKeyTrouble(client, team, signedBy).catch(() => undefined);
        if (!trouble) throw error;
        const next = `${trouble.message} ${trouble.next}`;
        throw new CliError(exit.failed, `The registry refused: ${error.message}`, next, error.id);
      });
    const { created, proof } = published;
    const { index } = proof;
    printResult(
      io,
      values,
      {
        ...{ team, name, version, digest, signedBy, registry: client.registry },
        ...{ index, grade: published.grade ?? grade, suppressed, created },
        ...{ ...changeOf(found), ...(dependents && { dependents }) },
      },
      created ? `Published ${reference}` : `${reference} is already published, unchanged`,
      digest,
    );
    if (created) {
      reportChange(io, found);
      reportDependents(io, dependents);
    }
    io.note(`Lint grade ${gradeText(published.grade ?? grade, suppressed)}`);
    io.note(`Log index ${index}`);
    io.note(`Signed with ${signedBy.join(' and ')}; see ${client.registry}/p/${team}/${name}`);
    return exit.ok;
  },
});

/** Throws if the registry would refuse a version because of what it needs. */
async function requireDependencies(
  client: Client,
  { team, name, manifest }: { team: string; name: string; manifest: Manifest },
): Promise<void> {
  const found = await fetchDependencyTexts(client, `${team}/${name}`, manifest);
  if (found.ok) return;
  const message = `Nothing would be published: ${found.reason} [${found.id}].`;
  throw new CliError(exit.failed, message, undefined, 'dependency-refused');
}

/** The manifest with the reason why the version permits more. */
function withReason(manifest: Manifest, widens: string | undefined): Manifest {
  if (widens === undefined) return manifest;
  const parsed = Manifest.shape.widens.safeParse(widens);
  if (parsed.success) return { ...manifest, widens };
  throw new CliError(
    exit.usage,
    'The reason of --widens must be one line of at most 300 characters.',
  );
}

/** The comparison with the latest version as JSON; null if there is none. */
function changeOf(found: LatestChange | undefined): object {
  return { latest: found?.latest ?? null, policy: found ? changeData(found.change) : null };
}

function reportChange(io: Io, found: LatestChange | undefined): void {
  if (!found) return;
  for (const line of describeChange(found.change, found.latest)) io.note(line);
}

/**
 * Whether the version is new, as far as the public API shows: permissions and quotas are not checked. Throws where the
 * registry would refuse the version.
 */
async function couldPublish(
  client: Client,
  version: string,
  digests: readonly string[],
  { team, name, manifest }: PackageFolder,
  signedBy: readonly string[],
): Promise<boolean> {
  const trouble = await findKeyTrouble(client, team, signedBy);
  if (trouble) {
    const message = `Nothing would be published. ${trouble.message}`;
    throw new CliError(exit.failed, message, trouble.next, trouble.id);
  }
  const there = await client.getVersion({ team, name, version }).catch((error: unknown) => {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  });
  if (!there) return true;
  const stored = there.variants?.map((one) => one.digest) ?? [there.digest];
  const isSame = isDeepStrictEqual(stored, digests);
  if (isSame && isDeepStrictEqual(there.manifest, manifest)) return false;
  const what = isSame ? 'another manifest or README' : 'another profile';
  throw new CliError(
    exit.failed,
    `Nothing would be published: ${team}/${name}@${version} already exists with ${what}. Versions are immutable.`,
    'Publish a new version.',
    'version-exists',
  );
}

/**
 * The problem with the first of these keys that the team can't publish with, and a hint; `undefined` if all can be
 * used.
 */
async function findKeyTrouble(
  client: Client,
  team: string,
  signedBy: readonly string[],
): Promise<{ id: string; message: string; next: string } | undefined> {
  const { keys } = await client.getTeam(team);
  for (const keyId of signedBy) {
    const key = keys.find((one) => one.keyId === keyId);
    if (key?.revokedAt === null) continue;
    const another = 'Sign with another key: --key FILE.';
    return key
      ? {
          id: 'key-revoked',
          message: `The key ${keyId} of team ${team} was revoked.`,
          next: another,
        }
      : {
          id: 'key-unregistered',
          message: `The key ${keyId} is not registered for team ${team}.`,
          next: `${another} An owner registers one: aa-registry key add ${team} FILE.pub`,
        };
  }
  return undefined;
}

/** Prints diagnostics of the registry that this program does not find, such as a README that is too long. */
function reportRefusal(io: Io, file: string, { diagnostics, omitted }: RegistryError): void {
  const shown = diagnostics.slice(0, maxShown);
  for (const { id, severity, message, line, column } of shown) {
    io.note(`${file}:${line}:${column}: ${severity}: ${message} [${id}]`);
  }
  const more = diagnostics.length - shown.length + omitted;
  if (more > 0) io.note(`… and ${more} more`);
}
