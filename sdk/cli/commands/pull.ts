import { fetchVerified, type VerifiedProfile } from '../../fetch.ts';
import { writeFileAtomically } from '../../host/atomic.ts';
import { checkTarget, install } from '../../host/install.ts';
import { readInstallation } from '../../host/state.ts';
import { dockerRunLine, kubernetesStanza } from '../../run-line.ts';
import { readTrust, trustPath } from '../../trust-file.ts';
import { CliError, defineCommand, exit } from '../command.ts';
import type { Io } from '../io.ts';
import { openSession, registryOption, requireReference } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';

export const pull = defineCommand({
  name: 'pull',
  summary: 'Fetch, verify, install and load a profile',
  usage: 'REF',
  args: { min: 1, max: 1 },
  options: {
    registry: registryOption,
    root: rootOption,
    trust: {
      type: 'string',
      value: 'FILE',
      description: 'The trust file (default /etc/aa-registry/trust.toml)',
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
    'REF is [team/]name, name@1.2.0, name:latest or name@sha256:…. The profile must be signed by a key in\n' +
    'the trust file ("aa-registry trust init" makes one). It becomes /etc/apparmor.d/aa-registry.TEAM.NAME\n' +
    'and is loaded with apparmor_parser. Without a version, a pull never goes back to an older one.',
  examples: [
    'sudo aa-registry pull docker-nginx',
    'aa-registry pull docker-nginx@1.0.0 --download-only -o docker-nginx',
    'aa-registry pull docker-nginx --root /mnt/image',
  ],
  async run({ values, args: [text = ''], io }) {
    const reference = requireReference(text);
    const root = rootOf(values.root);
    const downloadOnly = values['download-only'] ?? false;
    if (downloadOnly !== (values.output !== undefined)) {
      throw new CliError(exit.usage, '--download-only and -o FILE go together.');
    }
    if (!downloadOnly) {
      const target = await checkTarget({ root });
      if (!target.ok) {
        throw new CliError(
          exit.unable,
          `Nothing was changed: ${target.reason}.`,
          target.id === 'not-root'
            ? 'Run it with sudo, or see --root and --download-only.'
            : 'See --root and --download-only for what works here.',
        );
      }
    }

    const trustFile = values.trust ?? trustPath(root);
    const trust = await readTrust(trustFile);
    const policy = trust?.teams.get(reference.team);
    if (!policy) {
      throw new CliError(
        exit.refused,
        `Nothing was changed: ${trust ? `${trustFile} trusts no key of team ${reference.team}` : `there is no trust file ${trustFile}`}.`,
        `Decide whom to trust with: aa-registry trust init ${reference.team} --registry URL`,
      );
    }
    const client = await openSession(io, values.registry, trust?.registry);
    const installed = downloadOnly
      ? undefined
      : await readInstallation(root, reference.team, reference.name);
    const fetched = await fetchVerified(client, reference, policy, installed?.version);
    if (!fetched.ok) {
      throw new CliError(
        exit.refused,
        `Refused, nothing was changed: ${fetched.reason} [${fetched.id}].`,
      );
    }
    const { profile } = fetched;
    io.tell(`Fetched ${profile.team}/${profile.name}@${profile.version} ${profile.digest}`);
    for (const { keyId } of profile.signers) {
      io.tell(`Verified: signed for team ${profile.team} by ${keyId}`);
    }
    if (values.output !== undefined) {
      await writeFileAtomically(values.output, profile.bytes, 0o644);
      io.tell(`Wrote ${values.output}`);
      return exit.ok;
    }
    return installAndTell(io, profile, root);
  },
});

async function installAndTell(io: Io, profile: VerifiedProfile, root: string): Promise<number> {
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
  return exit.ok;
}
