import { makeBundle } from '../../sdk/bundle.ts';
import type { Client, VersionPath } from '../../sdk/client.ts';
import { mapInParallel } from '../../sdk/in-parallel.ts';
import { fetchEvidence, resolveAvailable, verifyEvidence } from '../../sdk/resolve/index.ts';
import type { Evidence, Reference } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { requireTrust, trustOption } from '../host-trust.ts';
import { isStandardOutput, writeAnswer } from '../output.ts';
import { openSession, registryOptions, requireReference } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';

export const bundle = defineCommand({
  name: 'bundle',
  summary: 'Put profiles and their proofs in a file, for hosts without a network',
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
      description: 'The bundle to write; - is standard output',
    },
    since: {
      type: 'string',
      multiple: true,
      value: 'SIZE',
      description: 'The size of the log that such a host has seen ("trust show" tells); repeatable',
    },
  },
  details:
    'What goes in is verified here first; the hosts that "pull --bundle FILE" verify it again, as they would ' +
    'with a network.',
  examples: ['aa-registry bundle docker-nginx acme/web@1.2.0 -o profiles.bundle --since 1041'],
  async run({ values, args, io }) {
    const { output } = values;
    if (output === undefined) throw new CliError(exit.usage, 'Where to? Add -o FILE.');
    isStandardOutput(output, values);
    const sizes = (values.since ?? []).map((size) =>
      requireWholeNumber('since', size, { maximum: 999_999_999_999_999 }),
    );
    const trust = await requireTrust(values, rootOf(values.root));
    const client = await openSession(io, values, trust.registry);

    const references = args.map(requireReference);
    const paths: VersionPath[] = [];
    for (const reference of references) {
      const resolved = await resolveAvailable(client, reference);
      if (!resolved.ok) throw new CliError(exit.failed, `${resolved.reason}.`);
      const { team, name } = reference;
      paths.push({ team, name, version: resolved.version });
    }
    const collected: Evidence[] = [];
    const items: object[] = [];
    let size = 0;
    // All under one checkpoint, although the log may grow meanwhile: that of the one which came into the log last, for
    // a checkpoint that witnesses have cosigned may be older than that.
    const last = await newestOf(client, paths);
    let log: Evidence['log'] | undefined;
    for (const at of [last, ...[...paths.keys()].filter((one) => one !== last)]) {
      const [path, reference] = [paths[at] as VersionPath, references[at] as Reference];
      const evidence = await fetchEvidence(client, path, log ? { log } : {});
      const verified = await verifyEvidence(evidence, reference, { trust, seen: undefined });
      if (!verified.ok) {
        const { id, reason } = verified;
        throw new CliError(exit.refused, `Refused: ${reason} [${id}].`, undefined, id);
      }
      ({ size } = verified.profile.checkpoint);
      ({ log } = evidence);
      collected[at] = evidence;
      items[at] = { ...path, digest: verified.profile.digest };
    }
    const consistency: Record<string, string[]> = {};
    for (const since of sizes) {
      const { index } = collected[0]?.proof ?? { index: 0 };
      consistency[since] = (await client.getEntryProof(index, size, since)).consistency;
    }
    const made = `${JSON.stringify(makeBundle(collected, consistency))}\n`;
    await writeAnswer(io, output, made);
    const bytes = Buffer.byteLength(made);
    const profiles = collected.length === 1 ? '1 profile' : `${collected.length} profiles`;
    if (values.format === 'json') io.print(toJson({ file: output, bytes, items }));
    else io.tell(`Wrote ${output}: ${profiles}, ${bytes} bytes`);
    return exit.ok;
  },
});

/** Which of these versions is the newest in the log, as its place among them; unverified. */
async function newestOf(client: Client, paths: readonly VersionPath[]): Promise<number> {
  if (paths.length < 2) return 0;
  const proofs = await mapInParallel(paths, (path) => client.getProof(path, 0));
  const indices = proofs.map(({ index }) => index);
  return indices.indexOf(Math.max(...indices));
}
