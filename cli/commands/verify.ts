import type { Client } from '../../sdk/client.ts';
import type { VerifiedProfile } from '../../sdk/fetch.ts';
import { fetchSeveral } from '../../sdk/fetch-several.ts';
import { readRevoked, readSeen, seenFolder, writeRevoked, writeSeen } from '../../sdk/host/seen.ts';
import {
  type Bundled,
  bundleAdvice,
  fromBundle,
  offlineOption,
  requireOfflineBundle,
} from '../bundle-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { answer, formatOption } from '../framework/format.ts';
import { requireTrust, trustAdvice, trustOption } from '../host-trust.ts';
import { tryLearnRevocations } from '../learn-revocations.ts';
import { notProved } from '../not-proved.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';

export const verify = defineCommand({
  name: 'verify',
  summary: 'Verify a profile as pull does, and install nothing',
  usage: 'REF',
  args: { min: 0, max: 1 },
  options: {
    bundle: {
      type: 'string',
      value: 'FILE',
      description: 'Verify it as it is in a bundle instead, or without a REF all of that',
    },
    offline: offlineOption,
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
  },
  details: 'Exit code 3 when it is refused, with the reason and its id.',
  examples: [
    'aa-registry verify docker-nginx@1.0.0',
    'aa-registry verify --bundle profiles.bundle',
  ],
  async run({ values, args, io }) {
    const { bundle: file } = values;
    const references = args.map(requireReference);
    if (references.length === 0 && file === undefined) {
      throw new CliError(
        exit.usage,
        '"verify" needs REF.',
        'Usage: aa-registry verify REF [OPTIONS]',
      );
    }
    requireOfflineBundle(values);
    const root = rootOf(values.root);
    const trust = await requireTrust(values, root);
    const folder = seenFolder(io.env, root, trust.log.key, {
      isForeign: values.trust !== undefined,
    });
    const isBundle = file !== undefined;
    const client = values.offline
      ? undefined
      : await openSession(io, values, trust.registry, { brief: isBundle });
    const wanted: Bundled = isBundle
      ? await fromBundle(file, references)
      : { references, verify: (view) => fetchSeveral(client as Client, references, view) };
    // A bundle may be older than a revocation.
    if (isBundle && client) {
      const teams = wanted.references.map(({ team }) => team);
      await tryLearnRevocations(io, client, { trust, folder, teams });
    }
    const view = {
      trust,
      seen: await readSeen(folder),
      revoked: await readRevoked(folder),
      installed: () => undefined,
    };
    const verified = await wanted.verify(view);
    const items: object[] = [];
    const lines: string[] = [];
    for (const [at, one] of verified.entries()) {
      const { team = '', name = '' } = wanted.references[at] ?? {};
      await writeRevoked(folder, team, one.revoked);
      if (!one.ok) {
        const advice = isBundle ? bundleAdvice(one.id, view.seen) : undefined;
        const revoked = [view.revoked.get(team), one.revoked];
        const next = advice ?? trustAdvice(one.id, { team, name, trust, revoked }, values);
        throw notProved(one, undefined, next);
      }
      await writeSeen(folder, one.profile.checkpoint);
      items.push(dataOf(one.profile));
      lines.push(...(at === 0 ? [] : ['']), ...describe(one.profile));
    }
    const [first = {}] = items;
    answer(io, values, references.length === 0 ? { items } : first, ...lines);
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
