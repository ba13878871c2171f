import { readFile } from 'node:fs/promises';
import { type Offer, parseReference, type Reference } from '../../../trust/index.ts';
import { bundledOffers, parseBundle } from '../../bundle.ts';
import {
  fetchVerified,
  type HostView,
  type Verified,
  type VerifiedProfile,
  verifyOffer,
} from '../../fetch.ts';
import { writeFileAtomically } from '../../host/atomic.ts';
import { checkTarget, install } from '../../host/install.ts';
import { hostSeenFolder, readSeen, userSeenFolder, writeSeen } from '../../host/seen.ts';
import { readInstallation } from '../../host/state.ts';
import { dockerRunLine, kubernetesStanza } from '../../run-line.ts';
import type { HostTrust } from '../../trust-file.ts';
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
        ? fromRegistry(io, values.registry, trust, references)
        : await fromBundle(bundle, references, async () => (await readSeen(seen))?.size ?? 0);
    for (const { reference, verify } of wanted) {
      const verified = await verify(await view(reference));
      if (!verified.ok) {
        throw new CliError(
          exit.refused,
          `Refused, nothing was changed: ${verified.reason} [${verified.id}].`,
        );
      }
      const { profile } = verified;
      await writeSeen(seen, profile.checkpoint);
      io.tell(`Fetched ${profile.team}/${profile.name}@${profile.version} ${profile.digest}`);
      for (const { keyId } of profile.signers) {
        io.tell(`Verified: signed for team ${profile.team} by ${keyId}`);
      }
      io.tell(`Verified: in the log of ${profile.checkpoint.size} entries`);
      if (output === undefined) {
        await installAndTell(io, profile, root);
      } else {
        await writeFileAtomically(output, profile.bytes, 0o644);
        io.tell(`Wrote ${output}`);
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

function fromRegistry(
  io: Io,
  named: string | undefined,
  trust: HostTrust,
  references: Reference[],
): Wanted[] {
  const session = openSession(io, named, trust.registry);
  return references.map((reference) => ({
    reference,
    verify: async (view) => fetchVerified(await session, reference, view),
  }));
}

async function fromBundle(
  file: string,
  references: Reference[],
  seenSize: () => Promise<number>,
): Promise<Wanted[]> {
  const bundle = parseBundle(await readFile(file, 'utf8'));
  if (!bundle) throw new CliError(exit.failed, `${file} is no bundle of aa-registry.`);
  const offered = async ({ team, name }: Reference, version: string): Promise<Offer> => {
    const offers = bundledOffers(bundle, await seenSize());
    const offer = offers.find(
      (one) => one.team === team && one.name === name && one.version === version,
    );
    if (!offer) throw new CliError(exit.failed, `${file} has no ${team}/${name}@${version}.`);
    return offer;
  };
  const all = bundle.offers.map(({ team, name, version }) => {
    const parsed = parseReference(`${team}/${name}`);
    if (!parsed.ok) throw new CliError(exit.failed, `${file}: ${parsed.reason}.`);
    return { reference: parsed.reference, version };
  });
  const chosen =
    references.length === 0
      ? all
      : references.map((reference) => {
          const found = all.find(
            ({ reference: { team, name } }) => team === reference.team && name === reference.name,
          );
          if (!found) {
            throw new CliError(exit.failed, `${file} has no ${reference.team}/${reference.name}.`);
          }
          return { reference, version: found.version };
        });
  return chosen.map(({ reference, version }) => ({
    reference,
    verify: async (view) => verifyOffer(await offered(reference, version), reference, view),
  }));
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

async function installAndTell(io: Io, profile: VerifiedProfile, root: string): Promise<void> {
  const result = await install(profile, { root, onStep: io.tell });
  if (!result.ok) {
    const code = result.id === 'profile-invalid' ? exit.refused : exit.failed;
    throw new CliError(code, `Refused, nothing was changed: ${result.reason} [${result.id}].`);
  }
  if (!result.checkedByParser) {
    io.tell('Not checked with apparmor_parser: this machine has none.');
  }
  if (root !== '/') io.tell(`Not loaded: ${root} is not this machine's root.`);
  const [image = 'IMAGE'] = profile.manifest.images;
  io.print(dockerRunLine(profile.name, image));
  io.print('');
  io.print(kubernetesStanza(profile.name));
}
