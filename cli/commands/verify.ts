import { verifyAll } from '../../sdk/calls/verify.ts';
import type { VerifiedProfile } from '../../sdk/resolve/index.ts';
import { formatReference } from '../../trust/index.ts';
import { bundleAdvice, offlineOption, requireOfflineBundle } from '../bundle-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { reportHostEvent } from '../host-events.ts';
import { trustAdvice, trustOption } from '../host-trust.ts';
import { refused } from '../refused.ts';
import { connectWith, registryOptions } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';

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
    offline: offlineOption,
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
  },
  details: 'If the profile is refused, prints the reason and its id and exits with 3.',
  examples: [
    'aa-registry verify docker-nginx@1.0.0',
    'aa-registry verify --bundle profiles.bundle',
  ],
  async run({ values, args, io }) {
    const { bundle, offline, trust, registry } = values;
    if (args.length === 0 && bundle === undefined) {
      throw new CliError(
        exit.usage,
        '"verify" requires REF.',
        'Usage: aa-registry verify REF [OPTIONS]',
      );
    }
    requireOfflineBundle(values);
    const verified = await verifyAll(args, {
      root: rootOf(values.root),
      trust,
      registry,
      bundle,
      offline,
      env: io.env,
      connect: connectWith(io, values),
      onEvent: (event) => {
        if (event.kind === 'yanked') {
          const reference = formatReference(event.reference);
          io.tell(`Warning: ${reference} was yanked: ${event.reason}`);
        } else if (!('at' in event) && event.kind !== 'started' && event.kind !== 'verified') {
          reportHostEvent(io, event, values);
        }
      },
    });
    if (!verified.ok) {
      if (!('reference' in verified)) throw refused(verified);
      const { id, reference, seen, lacksKeys } = verified;
      const advice = bundle === undefined ? undefined : bundleAdvice(id, seen);
      const next = advice ?? trustAdvice(id, { ...reference, lacksKeys }, values);
      throw refused(verified, { consequence: '', next });
    }
    const items = verified.profiles.map(dataOf);
    const lines = verified.profiles.flatMap((profile, at) => [
      ...(at === 0 ? [] : ['']),
      ...describe(profile),
    ]);
    answer(io, values, args.length === 0 ? { items } : (items[0] ?? {}), ...lines);
    return exit.ok;
  },
});

function dataOf({ team, name, version, digest, signers, checkpoint }: VerifiedProfile): object {
  const signedBy = signers.map(({ keyId }) => keyId);
  const log = { origin: checkpoint.origin, size: checkpoint.size };
  return { team, name, version, digest, signedBy, log };
}

function describe({ team, name, version, digest, signers, checkpoint }: VerifiedProfile): string[] {
  return [
    `Verified   ${team}/${name}@${version}`,
    `Digest     ${digest}`,
    ...signers.map(({ keyId }) => `Signed by  ${keyId}`),
    `Log        ${checkpoint.origin}, ${checkpoint.size} entries`,
  ];
}
