import { describeNames } from '../../sdk/allowed-names.ts';
import { readSeen, seenFolder } from '../../sdk/host/seen.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireTrust, trustOption } from '../host-trust.ts';
import { rootOf, rootOption } from '../target.ts';

export const trustShow = defineCommand({
  name: 'trust show',
  summary: 'Show the teams this host trusts and the last checkpoint seen',
  args: [],
  options: { format: formatOption, root: rootOption, trust: trustOption },
  examples: ['aa-registry trust show'],
  async run({ values, io }) {
    const json = values.format === 'json';
    const root = rootOf(values.root);
    const { registry, log, teams } = await requireTrust(values, root);
    const seen = await readSeen(
      seenFolder(io.env, root, log.key, { isForeign: values.trust !== undefined }),
    );
    if (json) {
      io.print(
        toJson({
          registry,
          log: {
            key: log.key.verifier,
            seenSize: seen?.size ?? null,
            maximumAgeHours: log.maxAge / 3600,
            witnessThreshold: log.witnessThreshold,
            witnesses: log.witnesses.map(({ verifier }) => verifier),
          },
          teams: Object.fromEntries(
            [...teams].map(([team, { keys, threshold, names = null }]) => [
              team,
              { threshold, keys: keys.map(({ keyId }) => keyId), names },
            ]),
          ),
        }),
      );
      return exit.ok;
    }
    io.print(`Registry   ${registry}`);
    io.print(`Log        ${log.key.verifier}`);
    io.print(`Seen       ${seen ? `${seen.size} entries` : 'nothing yet'}`);
    io.print(`Freshness  a checkpoint may be ${log.maxAge / 3600} hours old`);
    io.print(`Witnesses  ${log.witnessThreshold} of ${log.witnesses.length} must have cosigned`);
    for (const { verifier } of log.witnesses) io.print(`           ${verifier}`);
    for (const [team, { keys, threshold, names }] of teams) {
      io.print(
        `Team       ${team}: ${threshold} ${threshold === 1 ? 'signature' : 'signatures'} needed, of these keys:`,
      );
      for (const { keyId } of keys) io.print(`           ${keyId}`);
      io.print(`           A package may define ${describeNames(names)}.`);
    }
    return exit.ok;
  },
});
