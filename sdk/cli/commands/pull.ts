import { readFile } from 'node:fs/promises';
import { formatReference, type Offer, type Reference } from '../../../trust/index.ts';
import { bundledOffers, bundledReferences, findBundled, parseBundle } from '../../bundle.ts';
import type { Client } from '../../client.ts';
import {
  fetchVerified,
  type HostView,
  type Verified,
  type VerifiedProfile,
  verifyOffer,
} from '../../fetch.ts';
import { checkTarget, install } from '../../host/install.ts';
import { writeOutput } from '../../host/output.ts';
import { hostSeenFolder, readSeen, userSeenFolder, writeSeen } from '../../host/seen.ts';
import { readInstallation } from '../../host/state.ts';
import { dockerRunLine, kubernetesStanza } from '../../run-line.ts';
import { CliError, defineCommand, exit } from '../command.ts';
import { requireTrust, trustOption } from '../host-trust.ts';
import type { Io } from '../io.ts';
import { openSession, registryOption, requireReference } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';

export const pull = defineCommand({
  name: 'pull',
  summary: 'Fetch, verify, install and load profiles',
  usage: 'REF…',
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  options: {
    registry: registryOption,
    root: rootOption,
    trust: trustOption,
    bundle: {
      type: 'string',
      value: 'FILE',
      description: 'Take them from a bundle instead, all of it or the REFs named',
    },
    'download-only': {
      type: 'boolean',
      description: 'Verify and write to --output; install nothing',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'Where --download-only writes',
    },
  },
  details:
    'REF is [team/]name, name@1.2.0, name:channel or name@sha256:…. The profile must be signed by a key in\n' +
    'the trust file ("aa-registry trust init" makes one) and be in the registry\'s log. It becomes\n' +
    '/etc/apparmor.d/aa-registry.TEAM.NAME and is loaded with apparmor_parser. Without a version, a pull\n' +
    'never goes back to an older one.',
  examples: [
    'sudo aa-registry pull docker-nginx',
    'aa-registry pull docker-nginx@1.0.0 --download-only -o docker-nginx',
    'aa-registry pull docker-nginx --root /mnt/image',
    'sudo aa-registry pull --bundle profiles.bundle',
  ],
  async run({ values, args, io }) {
    const { bundle, output } = values;
    const references = args.map(requireReference);
    const downloadOnly = values['download-only'] ?? false;
    if (references.length === 0 && bundle === undefined) {
      throw new CliError(exit.usage, '"pull" needs REF….', 'Usage: aa-registry pull REF…');
    }
    if (downloadOnly !== (output !== undefined)) {
      throw new CliError(exit.usage, '--download-only and -o FILE go together.');
    }
    if (output !== undefined && references.length !== 1) {
      throw new CliError(exit.usage, '--download-only takes exactly one REF.');
    }
    const root = rootOf(values.root);
    if (!downloadOnly) await requireTarget(root);
    const trust = await requireTrust(values, root);

    const log = trust.log.key;
    const seen = downloadOnly ? userSeenFolder(io.env, log) : hostSeenFolder(root, log);
    const view = async (reference: Reference): Promise<HostView> => ({
      trust,
      seen: await readSeen(seen),
      installed: downloadOnly
        ? undefined
        : (await readInstallation(root, reference.team, reference.name))?.version,
    });
    const wanted =
      bundle === undefined
        ? fromRegistry(await openSession(io, values.registry, trust.registry), references)
        : await fromBundle(bundle, references);
    // All of them are proved before the first is installed: a refusal comes before any change.
    const profiles: VerifiedProfile[] = [];
    for (const { reference, verify } of wanted) {
      const known = await view(reference);
      const verified = await verify(known);
      if (!verified.ok) {
        throw new CliError(
          exit.refused,
          `Refused, nothing was changed: ${verified.reason} [${verified.id}].`,
          bundle !== undefined && verified.id === 'log-inconsistent'
            ? `A bundle proves that only from sizes it was made with: --since ${known.seen?.size}.`
            : undefined,
        );
      }
      const { profile } = verified;
      await writeSeen(seen, profile.checkpoint);
      tellVerified(io, profile);
      profiles.push(profile);
    }
    for (const [at, profile] of profiles.entries()) {
      if (output !== undefined) {
        await writeOutput(output, profile.bytes);
        io.tell(`Wrote ${output}`);
      } else {
        const unchanged = at === 0 ? 'nothing was changed' : `${profile.name} was not changed`;
        await installAndTell(io, profile, root, unchanged);
      }
    }
    return exit.ok;
  },
});

/** What is to be installed, and how to have it proved. */
interface Wanted {
  reference: Reference;
  verify: (view: HostView) => Promise<Verified>;
}

function fromRegistry(client: Client, references: Reference[]): Wanted[] {
  return references.map((reference) => ({
    reference,
    verify: (view) => fetchVerified(client, reference, view),
  }));
}

async function fromBundle(file: string, references: Reference[]): Promise<Wanted[]> {
  const bundle = parseBundle(await readFile(file, 'utf8'));
  if (!bundle) throw new CliError(exit.failed, `${file} is no bundle of aa-registry.`);
  const wanted = references.length > 0 ? references : bundledReferences(bundle);
  return Promise.all(
    wanted.map(async (reference) => {
      if (reference.selector.kind === 'channel') {
        const why = 'A bundle does not say what a channel names';
        throw new CliError(exit.usage, `${why}; name a version of ${reference.name}, or none.`);
      }
      const at = await findBundled(bundle, reference);
      if (at < 0) throw new CliError(exit.failed, `${file} has no ${formatReference(reference)}.`);
      return {
        reference,
        verify: async (view: HostView) => {
          const offer = bundledOffers(bundle, view.seen?.size ?? 0)[at] as Offer;
          return verifyOffer(offer, reference, view);
        },
      };
    }),
  );
}

function tellVerified(
  io: Io,
  { team, name, version, digest, signers, checkpoint }: VerifiedProfile,
) {
  io.tell(`Fetched ${team}/${name}@${version} ${digest}`);
  for (const { keyId } of signers) io.tell(`Verified: signed for team ${team} by ${keyId}`);
  io.tell(`Verified: in the log of ${checkpoint.size} entries`);
}

async function requireTarget(root: string): Promise<void> {
  const target = await checkTarget({ root });
  if (target.ok) return;
  throw new CliError(
    exit.unable,
    `Nothing was changed: ${target.reason}.`,
    target.id === 'not-root'
      ? 'Run it with sudo, or see --root and --download-only.'
      : 'See --root and --download-only for what works here.',
  );
}

async function installAndTell(
  io: Io,
  profile: VerifiedProfile,
  root: string,
  unchanged: string,
): Promise<void> {
  const result = await install(profile, { root, onStep: io.tell });
  if (!result.ok) {
    const code = result.id === 'profile-invalid' ? exit.refused : exit.failed;
    throw new CliError(code, `Refused, ${unchanged}: ${result.reason} [${result.id}].`);
  }
  if (!result.checkedByParser) {
    io.tell('Not checked with apparmor_parser: this machine has none.');
  }
  if (root !== '/') io.tell(`Not loaded: ${root} is not this machine's root.`);
  io.tell(`About: ${profile.manifest.description}`);
  const [image = 'IMAGE'] = profile.manifest.images;
  io.print(dockerRunLine(profile.name, image));
  io.print('');
  io.print(kubernetesStanza(profile.name));
}
