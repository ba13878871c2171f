import { type Client, RegistryError, UnreachableError } from '../../sdk/client.ts';
import type { Verified, VerifiedProfile } from '../../sdk/fetch.ts';
import { fetchSeveral, type SeveralView } from '../../sdk/fetch-several.ts';
import { examine, isSound } from '../../sdk/host/condition.ts';
import { install } from '../../sdk/host/install.ts';
import { textInstalled } from '../../sdk/host/installed-text.ts';
import { type KeptView, readKeptView, verifyKept } from '../../sdk/host/kept.ts';
import { readPolicy } from '../../sdk/host/kernel.ts';
import { findParser, hasParser } from '../../sdk/host/parser.ts';
import {
  readRevoked,
  readSeen,
  type SeenFolder,
  seenFolder,
  writeRevoked,
  writeSeen,
} from '../../sdk/host/seen.ts';
import { type Installation, listInstallations } from '../../sdk/host/state.ts';
import { fetchNews } from '../../sdk/news.ts';
import { attachmentOf, dockerRunLine, kubernetesStanza, runArguments } from '../../sdk/run-args.ts';
import { compareVersions, formatReference, type Reference } from '../../trust/index.ts';
import { bundleAdvice, fromBundle, offlineOption, requireOfflineBundle } from '../bundle-file.ts';
import { changing, tellSetAside } from '../changing.ts';
import { CliError, defineCommand, exit, type Values } from '../framework/command.ts';
import { answerItems, formatOption } from '../framework/format.ts';
import { requireTrust, trustAdvice, trustOption } from '../host-trust.ts';
import { pathOf } from '../installed.ts';
import { currentView } from '../learn-revocations.ts';
import { notProved } from '../not-proved.ts';
import { isStandardOutput, writeAnswer } from '../output.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';
import { requireTarget, rootOf, rootOption } from '../target.ts';
import { diffOf } from '../terminal/diff.ts';
import type { Io } from '../terminal/io.ts';
import { type Progress, showingProgress } from '../terminal/progress.ts';

export const pull = defineCommand({
  name: 'pull',
  summary: 'Fetch, verify, install and load profiles',
  usage: 'REF…',
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  options: {
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
    bundle: {
      type: 'string',
      value: 'FILE',
      description: 'Take them from a bundle instead, all of it or the REFs named',
    },
    offline: offlineOption,
    complain: {
      type: 'boolean',
      description: 'Load in complain mode: allow what no rule does, log it ("enforce" ends that)',
    },
    'dry-run': {
      type: 'boolean',
      short: 'n',
      description: 'Show what would change, as a diff; change nothing',
    },
    'download-only': {
      type: 'boolean',
      description: 'Verify and write to --output; install nothing',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'Where --download-only writes; - is standard output',
    },
  },
  details:
    'REF is [team/]name, name@1.2.0, name@^1.2 (a range, as npm writes them), name:channel or ' +
    'name@sha256:…. The profile must be signed by a key in the trust file ("aa-registry trust init" makes ' +
    "one) and be in the registry's log. It becomes /etc/apparmor.d/aa-registry.TEAM.NAME and is loaded with " +
    'apparmor_parser. Without an exact version, a pull never goes back to an older one. All REFs are proved ' +
    'before the first is installed. A profile that is in complain mode stays so until "enforce". How to run a container ' +
    'under it is shown when it is new; "run-args" shows it any time.',
  examples: [
    'sudo aa-registry pull docker-nginx',
    'sudo aa-registry pull docker-nginx acme/web:candidate --complain',
    'aa-registry pull docker-nginx --dry-run',
    'aa-registry pull docker-nginx@1.0.0 --download-only -o docker-nginx',
    'aa-registry pull docker-nginx --root /mnt/image',
    'sudo aa-registry pull --bundle profiles.bundle',
  ],
  async run({ values, args, io }) {
    const { bundle, output } = values;
    const references = args.map(requireReference);
    const downloadOnly = values['download-only'] ?? false;
    const dryRun = values['dry-run'] ?? false;
    if (references.length === 0 && bundle === undefined) {
      throw new CliError(
        exit.usage,
        '"pull" needs REF….',
        'Usage: aa-registry pull REF… [OPTIONS]',
      );
    }
    if (downloadOnly !== (output !== undefined)) {
      throw new CliError(exit.usage, '--download-only and -o FILE go together.');
    }
    if (output !== undefined && references.length !== 1) {
      throw new CliError(exit.usage, '--download-only takes exactly one REF.');
    }
    requireOfflineBundle(values);
    if (downloadOnly && (dryRun || values.complain)) {
      throw new CliError(
        exit.usage,
        '--download-only installs nothing; it goes with no other mode.',
      );
    }
    const isPiped = isStandardOutput(output, values);
    requireDistinct(references);
    const root = rootOf(values.root);
    if (!downloadOnly && !dryRun) await requireTarget(root);
    const trust = await requireTrust(values, root);

    const seen = seenFolder(io.env, root, trust.log.key, {
      isForeign: downloadOnly && values.trust !== undefined,
    });
    const wanted =
      bundle === undefined
        ? await fromRegistry(io, values, trust.registry, references)
        : await fromBundle(bundle, references);
    if (bundle !== undefined && !dryRun && !downloadOnly) {
      // A bundle may be older than a revocation.
      const client = values.offline
        ? undefined
        : await openSession(io, values, trust.registry, { brief: true });
      await currentView(
        io,
        client,
        root,
        trust,
        wanted.references.map(({ team }) => team),
      );
    }
    const names = wanted.references.map(formatReference);
    const prove = async (installed: Installation[]) => {
      const view = {
        trust,
        seen: await readSeen(seen),
        revoked: await readRevoked(seen),
        installed: ({ team, name }: Reference) =>
          installed.find((one) => one.team === team && one.name === name)?.version,
      };
      return showingProgress(io, names, async (progress) => {
        const verified = await wanted.verify(view, progress);
        if (!dryRun) await rememberRevoked(seen, wanted.references, verified);
        const profiles = requireProved(verified, wanted.references, view, values);
        return { progress, profiles };
      });
    };

    if (dryRun) {
      const installed = await listInstallations(root);
      const { profiles } = await prove(installed);
      await answerItems(io, values, async (done) => {
        for (const profile of profiles) await showChange(io, root, profile, installed, done);
      });
      return exit.ok;
    }
    if (output !== undefined) {
      const { progress, profiles } = await prove([]);
      await tellVerified(progress, profiles, seen);
      await answerItems(io, values, async (done) => {
        for (const profile of profiles) {
          await writeAnswer(io, output, profile.bytes);
          done({ ...identityOf(profile), file: output });
        }
        if (!isPiped) progress.note(`Wrote ${output}`);
      });
      return exit.ok;
    }
    return changing(io, root, { ...values, trust }, async () => {
      const installed = await listInstallations(root);
      const { progress, profiles } = await prove(installed);
      await tellVerified(progress, profiles, seen);
      const kept = await readKeptView(root, trust);
      await answerItems(io, values, async (done) => {
        for (const [at, profile] of profiles.entries()) {
          const before = installed.find(
            ({ team, name }) => team === profile.team && name === profile.name,
          );
          const reference = names[at];
          const { complain } = values;
          const one = { root, profile, before, reference, complain, view: kept };
          const outcome = await installOne(one, at, progress);
          const line = describeInstallation(profile, outcome);
          done({ ...identityOf(profile), ...outcome }, line);
        }
        // The last that is drawn: what is answered as JSON comes after it.
        if ((await findParser()) === undefined) {
          progress.note('Not checked with apparmor_parser: this machine has none.');
        }
        if (root !== '/') progress.note(notLoaded(root));
      });
      for (const profile of profiles) {
        const { team, name, deprecation } = profile;
        if (deprecation !== undefined) io.tell(`Deprecated: ${team}/${name}: ${deprecation}`);
        const isNew = !installed.some((one) => one.team === team && one.name === name);
        if (values.format !== 'json' && isNew) tellUse(io, profile, profiles.length === 1);
      }
      return exit.ok;
    });
  },
});

/** What is to be installed, and how to have it proved. */
interface Wanted {
  references: Reference[];
  verify: (view: SeveralView, progress: Progress) => Promise<Verified[]>;
}

async function fromRegistry(
  io: Io,
  named: Values<typeof registryOptions>,
  trusted: string,
  references: Reference[],
): Promise<Wanted> {
  const client = await openSession(io, named, trusted);
  return {
    references,
    verify: async (view, { update, note }) => {
      const verified = await fetchSeveral(client, references, view, { onProgress: update });
      for (const warning of await yankedOf(client, references)) note(warning);
      return verified;
    },
  };
}

/** Which of the versions that are asked for by number were yanked, and why: by the registry's word, which may lack. */
async function yankedOf(client: Client, references: Reference[]): Promise<string[]> {
  const exact = references.flatMap((reference) =>
    reference.selector.kind === 'version'
      ? [{ reference, version: reference.selector.version }]
      : [],
  );
  if (exact.length === 0) return [];
  const news = await fetchNews(client, exact).catch((error: unknown) => {
    if (error instanceof UnreachableError || error instanceof RegistryError) return [];
    throw error;
  });
  return news.flatMap(({ yanked }, at) =>
    yanked === undefined || !exact[at]
      ? []
      : [`Warning: ${formatReference(exact[at].reference)} was yanked: ${yanked}`],
  );
}

/** A usage error when a profile is asked for twice: both can't be installed. */
function requireDistinct(references: Reference[]): void {
  const names = references.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new CliError(exit.usage, `${twice} is asked for twice.`);
}

/** Keeps what was shown to be revoked, also when a profile is refused for it. */
async function rememberRevoked(
  seen: SeenFolder,
  references: Reference[],
  verified: Verified[],
): Promise<void> {
  for (const [at, { revoked }] of verified.entries()) {
    await writeRevoked(seen, references[at]?.team ?? '', revoked);
  }
}

/** The profiles, when all of them are proved; else the command ends. */
function requireProved(
  verified: Verified[],
  references: Reference[],
  { seen, trust, revoked }: SeveralView,
  values: { root?: string; trust?: string; bundle?: string },
): VerifiedProfile[] {
  return verified.map((one, at) => {
    if (one.ok) return one.profile;
    const { team = '', name = '' } = references[at] ?? {};
    const refused = { team, name, trust, revoked: [revoked.get(team), one.revoked] };
    throw notProved(
      one,
      'nothing was changed',
      (values.bundle === undefined ? undefined : bundleAdvice(one.id, seen)) ??
        trustAdvice(one.id, refused, values),
    );
  });
}

async function tellVerified(
  { detail }: Progress,
  profiles: VerifiedProfile[],
  seen: SeenFolder,
): Promise<void> {
  for (const { team, name, version, digest, signers, checkpoint } of profiles) {
    await writeSeen(seen, checkpoint);
    detail(`Fetched ${team}/${name}@${version} ${digest}`);
    for (const { keyId } of signers) detail(`Verified: signed for team ${team} by ${keyId}`);
    detail(`Verified: in the log of ${checkpoint.size} entries`);
  }
}

/** What every answer as JSON says of a profile. */
function identityOf({ team, name, version, digest, signers, deprecation }: VerifiedProfile) {
  const signedBy = signers.map(({ keyId }) => keyId);
  return { team, name, version, digest, signedBy, deprecation: deprecation ?? null };
}

async function showChange(
  io: Io,
  root: string,
  profile: VerifiedProfile,
  installed: readonly Installation[],
  done: (item: object, ...lines: string[]) => void,
): Promise<void> {
  const { team, name, version } = profile;
  const { path, text } = textInstalled(root, profile);
  const diff = diffOf(path, text, profile.bytes, version);
  const changed = diff !== '';
  const from = installed.find((one) => one.team === team && one.name === name)?.version;
  io.tell(`${describePlan(profile, { changed, from })} Nothing was changed.`);
  done({ ...identityOf(profile), changed, diff }, ...(changed ? [diff.trimEnd()] : []));
}

/** What a pull would do, as a sentence. */
function describePlan(
  { version, ...named }: VerifiedProfile,
  { changed, from }: { changed: boolean; from: string | undefined },
): string {
  const path = pathOf(named);
  if (from === undefined) return `Would install ${path} ${version}.`;
  if (from !== version) {
    const verb = compareVersions(version, from) < 0 ? 'downgrade' : 'update';
    const same = changed ? '' : '; the profile is the same';
    return `Would ${verb} ${path} from ${from} to ${version}${same}.`;
  }
  return changed
    ? `Would install ${path} ${version} again, because its file was changed.`
    : `${path} ${version} is already installed.`;
}

interface OneInstallation {
  root: string;
  profile: VerifiedProfile;
  before: Installation | undefined;
  reference: string | undefined;
  complain: boolean | undefined;
  view: KeptView;
}

async function installOne(
  { root, profile, before, reference, complain, view }: OneInstallation,
  at: number,
  { update, note, detail }: Progress,
) {
  const { name, version } = profile;
  const asWanted =
    before?.digest === profile.digest &&
    before.version === version &&
    before.reference === reference &&
    before.origin === 'pull' &&
    before.rolledBackFrom === undefined &&
    (complain === undefined || before.complainChosen === complain);
  const policy = root === '/' ? await readPolicy() : undefined;
  const isSame = asWanted && isSound(await examine(root, before, policy));
  // What this host can't prove of it is kept anew.
  if (isSame && (await verifyKept(root, before, before, view)).ok) {
    update(at, `${version} is installed already`);
    const mode = policy?.get(name)?.mode ?? null;
    return { changed: false, from: version, mode, setAside: null };
  }
  const result = await install(profile, {
    root,
    complain,
    complainChosen: complain,
    reference,
    origin: 'pull',
    onStep: (step) => {
      update(at, step);
      detail(step);
    },
  });
  if (!result.ok) {
    const code = result.id === 'profile-invalid' ? exit.refused : exit.failed;
    const unchanged = at === 0 ? 'nothing was changed' : `${name} was not changed`;
    throw new CliError(
      code,
      `Refused, ${unchanged}: ${result.reason} [${result.id}].`,
      undefined,
      result.id,
    );
  }
  update(at, `${version} installed${result.mode === undefined ? '' : `, ${result.mode} mode`}`);
  const { mode = null, setAside = null } = result;
  if (setAside !== null) tellSetAside(note, setAside);
  return { changed: true, from: before?.version ?? null, mode, setAside };
}

/** What became of a profile, with the version before and the one now. */
function describeInstallation(
  { version, ...named }: VerifiedProfile,
  { changed, from }: { changed: boolean; from: string | null },
): string {
  const path = pathOf(named);
  if (!changed) return `${path} ${version} is installed already`;
  if (from === null) return `Installed ${path} ${version}`;
  if (from === version) return `Reinstalled ${path} ${version}`;
  const verb = compareVersions(version, from) < 0 ? 'Downgraded' : 'Updated';
  return `${verb} ${path} from ${from} to ${version}`;
}

/** Why nothing is loaded of what another system gets, and whether its own boot will. */
function notLoaded(root: string): string {
  const why = `Not loaded: ${root} is not this machine's root.`;
  return hasParser(root) ? why : `${why} It has no apparmor_parser, which would load it at boot.`;
}

/** How to use an installed profile: run a container, or a program of the host. */
function tellUse(io: Io, { name, manifest, bytes }: VerifiedProfile, alone: boolean): void {
  if (alone) io.tell(`About: ${manifest.description}`);
  const { images, entrypoint } = manifest;
  const [image] = images;
  if (image !== undefined) {
    io.print(dockerRunLine(name, image, entrypoint));
    if (!alone) return;
    io.print('');
    io.print(kubernetesStanza(name, entrypoint));
    return;
  }
  const attachment = attachmentOf(new TextDecoder().decode(bytes), name);
  if (attachment !== undefined) {
    io.print(`${name} confines ${attachment} from its next start on; restart what is running.`);
    return;
  }
  // Docker takes it by itself.
  if (name === 'docker-default') return;
  io.print(`A service that ${name} is to confine has in its unit:`);
  io.print(runArguments('systemd', name));
  io.tell(`For a container: docker run $(aa-registry run-args ${name}) IMAGE`);
}
