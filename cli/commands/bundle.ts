import type { Client, VersionPath } from '../../sdk/client.ts';
import {
  readAllSeen,
  readRevoked,
  readSeen,
  seenFolder,
  writeRevoked,
  writeSeen,
} from '../../sdk/host/seen.ts';
import { lacksKeys } from '../../sdk/host/trust-check.ts';
import { mapInParallel } from '../../sdk/in-parallel.ts';
import { manifestsOf } from '../../sdk/package-source.ts';
import { fetchEvidence, resolveAvailable, verifyEvidence } from '../../sdk/resolve/index.ts';
import {
  type Checkpoint,
  type Evidence,
  type Manifest,
  makeBundle,
  type Reference,
  requirementsOf,
  resolveDependencies,
  splitPath,
} from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { requireTrust, trustAdvice, trustOption } from '../host-trust.ts';
import { pathOf } from '../installed.ts';
import { isStandardOutput, writeResult } from '../output.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';

export const bundle = defineCommand({
  name: 'bundle',
  summary: 'Write profiles and their proofs to a file, for hosts without a network',
  args: [{ name: 'REF', repeated: true }],
  usage: '-o FILE',
  options: {
    format: formatOption,
    ...registryOptions,
    trust: trustOption,
    root: rootOption,
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'The bundle file; - is standard output',
    },
    since: {
      type: 'string',
      multiple: true,
      value: 'SIZE',
      description: 'A log size that another host has seen ("trust show" prints it); repeatable',
    },
  },
  details:
    'Verifies everything before writing it; each host verifies it again with "pull --bundle ' +
    'FILE". A host that has seen the log before accepts a bundle only with a proof that the log ' +
    'extends what it has seen. The bundle has such a proof for the log size seen on this ' +
    'machine and for each --since.',
  examples: ['aa-registry bundle docker-nginx acme/web@1.2.0 -o profiles.bundle --since 1041'],
  async run({ values, args, io }) {
    const { output } = values;
    if (output === undefined) throw new CliError(exit.usage, 'Name the output file with -o FILE.');
    isStandardOutput(output, values);
    const sizes = (values.since ?? []).map((size) =>
      requireWholeNumber('since', size, { maximum: 999_999_999_999_999 }),
    );
    const root = rootOf(values.root);
    const references = args.map(requireReference);
    const teams = references.map(({ team }) => team);
    const trust = await requireTrust(values, root, teams);
    const folder = seenFolder(io.env, root, trust.log.key, {
      isForeign: values.trust !== undefined,
    });
    const seen = await readSeen(folder);
    const revoked = await readRevoked(folder);
    const client = await openSession(io, values, trust.registry);

    const paths: VersionPath[] = [];
    for (const reference of references) {
      const resolved = await resolveAvailable(client, reference);
      if (!resolved.ok) throw new CliError(exit.failed, `${resolved.reason}.`);
      const { team, name } = reference;
      paths.push({ team, name, version: resolved.version });
    }
    for (const needed of await findNeeded(client, paths)) {
      const { version } = needed;
      if (paths.some(({ team, name }) => team === needed.team && name === needed.name)) continue;
      references.push({ ...needed, selector: { kind: 'version', version } });
      paths.push(needed);
    }
    const collected: Evidence[] = [];
    const items: object[] = [];
    let checkpoint: Checkpoint | undefined;
    // All profiles are proved under one checkpoint, although the log may grow meanwhile: that of the profile which was
    // logged last, because a checkpoint that witnesses have cosigned may be older than the profile.
    const last = await newestOf(client, paths);
    let log: Evidence['log'] | undefined;
    for (const at of [last, ...[...paths.keys()].filter((one) => one !== last)]) {
      const [path, reference] = [paths[at] as VersionPath, references[at] as Reference];
      const evidence = await fetchEvidence(client, path, { seen, ...(log && { log }) });
      const verified = await verifyEvidence(evidence, reference, { trust, seen, revoked });
      await writeRevoked(folder, path.team, verified.revoked);
      if (!verified.ok) {
        const { id, reason } = verified;
        const { team, name, version } = path;
        const lacking = lacksKeys(trust, team, revoked.get(team), verified.revoked);
        throw new CliError(
          exit.refused,
          `Refused: ${pathOf(path)}@${version}: ${reason} [${id}].`,
          trustAdvice(id, { team, name, lacksKeys: lacking, selector: reference.selector }, values),
          id,
        );
      }
      ({ checkpoint } = verified.profile);
      ({ log } = evidence);
      collected[at] = evidence;
      items[at] = { ...path, digest: verified.profile.versionDigest };
    }
    if (!checkpoint) throw new Error('a bundle of no profiles');
    const consistency = await proveConsistency(client, collected, checkpoint, [
      ...sizes,
      ...(await readAllSeen(folder)).map(({ size }) => size),
    ]);
    await writeSeen(folder, checkpoint);
    const made = `${JSON.stringify(makeBundle(collected, consistency))}\n`;
    await writeResult(io, output, made);
    const bytes = Buffer.byteLength(made);
    const profiles = collected.length === 1 ? '1 profile' : `${collected.length} profiles`;
    if (values.format === 'json') io.print(toJson({ file: output, bytes, items }));
    else io.note(`Wrote ${output}: ${profiles}, ${bytes} bytes`);
    return exit.ok;
  },
});

/** Proofs that the log at `checkpoint` extends each of these sizes, by size. Sizes above the checkpoint's have none. */
async function proveConsistency(
  client: Client,
  [first]: readonly Evidence[],
  { size }: Checkpoint,
  sizes: readonly number[],
): Promise<Record<string, string[]>> {
  const proofs: Record<string, string[]> = {};
  const index = first?.proof.index ?? 0;
  for (const since of new Set(sizes)) {
    if (since >= size) continue;
    proofs[since] = (await client.getEntryProof(index, size, since)).consistency;
  }
  return proofs;
}

/** The versions of the packages that these need. Unverified. */
async function findNeeded(client: Client, paths: readonly VersionPath[]): Promise<VersionPath[]> {
  const manifests = await mapInParallel(paths, async (path) => ({
    path: `${path.team}/${path.name}`,
    manifest: (await client.getVersion(path)).manifest,
  }));
  const source = manifestsOf(client);
  const found = await resolveDependencies<{ manifest: Manifest }>(
    manifests.flatMap(({ path, manifest }) => requirementsOf(path, manifest)),
    {
      async versions(path) {
        const own = paths.find((one) => `${one.team}/${one.name}` === path);
        return own ? [own.version] : source.versions(path);
      },
      read: source.read,
    },
  );
  if (!found.ok) throw new CliError(exit.failed, `${found.reason} [${found.id}].`);
  return [...found.needed].map(([path, { version }]) => ({ ...splitPath(path), version }));
}

/** The index of the version that was logged last. Unverified. */
async function newestOf(client: Client, paths: readonly VersionPath[]): Promise<number> {
  if (paths.length < 2) return 0;
  const proofs = await mapInParallel(paths, (path) => client.getProof(path, 0));
  const indices = proofs.map(({ index }) => index);
  return indices.indexOf(Math.max(...indices));
}
