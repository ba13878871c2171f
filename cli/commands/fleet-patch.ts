import { releases } from '../../policy/index.ts';
import { patchProfile } from '../denials-patch.ts';
import { draftTarget, withNewFolder } from '../fleet-draft.ts';
import { explainEvent, readWithEvents } from '../fleet-event.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { trustOption } from '../host-trust.ts';
import { includeOptions, includeResolver } from '../include-options.ts';
import { withEvidence } from '../rule-evidence.ts';
import { rootOption } from '../target.ts';
import { targetBaseOptions } from '../target-base.ts';

export const fleetPatch = defineCommand({
  name: 'fleet patch',
  summary: 'Draft the next version of a profile from what hosts reported',
  args: [{ name: 'REF' }],
  usage: '-o DIR',
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'DIR',
      description: 'The folder of the package: new, or one with the package, which gets the rules',
    },
    limit: {
      type: 'string',
      value: 'N',
      description: 'How many events to allow, those of the most hosts first (default 100)',
    },
    ...includeOptions,
    ...targetBaseOptions,
    target: {
      type: 'string',
      choices: releases,
      description: 'Add to the variant for this AppArmor release',
    },
    root: rootOption,
    trust: trustOption,
  },
  details:
    'Adds the narrowest rules that allow the denials and complain-mode events of a version, as "fleet denials" suggests ' +
    'them. Above each stands who reported what, and what else the rule permits. The version is fetched and verified as ' +
    '"verify" does; nothing is published. The registry can’t verify what hosts report: review each rule. Deny rules ' +
    'stay as they are. Exits with 1 if some accesses are still not allowed. Requires the role publisher.',
  examples: [
    'aa-registry fleet patch acme/web@1.2.0 -o web',
    'aa-registry fleet patch acme/web:candidate -o ./profiles/web --limit 20',
  ],
  async run({ values, args: [named = ''], io }) {
    const { output } = values;
    if (output === undefined) {
      throw new CliError(exit.usage, 'Name the folder of the package with -o, such as -o web.');
    }
    const limit = requireWholeNumber('limit', values.limit ?? '100', { minimum: 1, maximum: 100 });
    const found = await readWithEvents(io, named, values);
    const { verified, file } = found;
    const target = await draftTarget(output, verified);
    const { items, more } = await found.listEvents(limit);
    const events = items.flatMap((event) => explainEvent(event, found) ?? []);
    if (items.length === 0) {
      io.print(`No events of ${file} were reported.`);
      return exit.ok;
    }
    const resolver = includeResolver(values);
    const findings = events.map(({ finding }) => finding);
    const patchTarget = () =>
      patchProfile(io, target, findings, {
        generalise: true,
        resolver,
        annotate: (patched, added) =>
          withEvidence(target.text, patched, { added, events, resolver }),
      });
    const { result: code, isWritten } = target.isNew
      ? await withNewFolder(output, target, verified, patchTarget)
      : { result: await patchTarget(), isWritten: false };
    if (isWritten && verified.manifest.readme !== undefined) {
      io.note(`The draft has no README.md: copy that of ${file}.`);
    }
    if (more) io.note(`There are more events than ${limit}.`);
    return code;
  },
});
