import type { VerifiedProfile } from '../../sdk/resolve/index.ts';
import { offlineOption, requireOfflineBundle } from '../bundle-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { trustOption } from '../host-trust.ts';
import { fromOption } from '../mirror.ts';
import { registryOptions } from '../session.ts';
import { rootOption, targetOption } from '../target.ts';
import { requireVerified } from '../verified.ts';

export const verify = defineCommand({
  name: 'verify',
  summary: 'Verify a profile like pull, without installing it',
  args: [{ name: 'REF', optional: true }],
  options: {
    bundle: {
      type: 'string',
      value: 'FILE',
      description: 'Verify it in this bundle; without REF, the whole bundle',
    },
    from: fromOption,
    offline: offlineOption,
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    target: targetOption,
    trust: trustOption,
  },
  details: 'If the profile is refused, prints the reason and its id and exits with 3.',
  examples: [
    'aa-registry verify docker-nginx@1.0.0',
    'aa-registry verify --bundle profiles.bundle',
  ],
  async run({ values, args, io }) {
    const { bundle, from } = values;
    if (args.length === 0 && bundle === undefined && from === undefined) {
      throw new CliError(
        exit.usage,
        '"verify" requires REF.',
        'Usage: aa-registry verify REF [OPTIONS]',
      );
    }
    requireOfflineBundle(values);
    const verified = await requireVerified(io, args, values);
    const items = verified.map(dataOf);
    const lines = verified.flatMap((profile, at) => [
      ...(at === 0 ? [] : ['']),
      ...describe(profile),
    ]);
    printResult(io, values, args.length === 0 ? { items } : (items[0] ?? {}), ...lines);
    return exit.ok;
  },
});

function dataOf(profile: VerifiedProfile): object {
  const { team, name, version, digest, variant = null, signers, checkpoint } = profile;
  const signedBy = signers.map(({ keyId }) => keyId);
  const log = { origin: checkpoint.origin, size: checkpoint.size };
  return { team, name, version, digest, variant, signedBy, log };
}

function describe(profile: VerifiedProfile): string[] {
  const { team, name, version, digest, variant, signers, checkpoint } = profile;
  return [
    `Verified   ${team}/${name}@${version}`,
    `Digest     ${digest}`,
    ...(variant === undefined ? [] : [`Variant    for AppArmor ${variant} and newer`]),
    ...signers.map(({ keyId }) => `Signed by  ${keyId}`),
    `Log        ${checkpoint.origin}, ${checkpoint.size} entries`,
  ];
}
