import { compareModels, type PolicyComparison, releases } from '../../policy/index.ts';
import { markdownComparison } from '../comparison-markdown.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { toJson } from '../framework/format.ts';
import { trustOption } from '../host-trust.ts';
import { includeOptions } from '../include-options.ts';
import { comparisonData, describeComparison } from '../policy-comparison.ts';
import { readModels } from '../profile-model.ts';
import { rootOption } from '../target.ts';
import { targetBaseOptions } from '../target-base.ts';

export const diff = defineCommand({
  name: 'diff',
  summary: 'Compare what two profiles permit, regardless of their text',
  args: [{ name: 'A' }, { name: 'B' }],
  options: {
    ...includeOptions,
    ...targetBaseOptions,
    root: rootOption,
    trust: trustOption,
    target: {
      type: 'string',
      choices: releases,
      description:
        'Compare as this AppArmor release compiles them, with the variant for it (default: the newest; with variants, this host’s)',
    },
    format: {
      type: 'string',
      choices: ['text', 'json', 'markdown'],
      description: 'text (default), json: one object, or markdown: for a comment on a change',
    },
  },
  details:
    'A and B are profiles, package folders, references such as team/name@1.2.0, or docker-default for the profile that ' +
    'Docker applies by default. Compares what the kernel would grant for every path, ' +
    'label, address and so on, with everything the profiles include; text that changes nothing is not shown. ' +
    'Each difference has the shortest example, and the rules that decide about it: "-" for what only A ' +
    'permits, "+" for what only B permits, "~" for what they permit differently or log differently. Exits ' +
    'with 0 for the same policy, with 1 for a different one, with 2 for errors and unknown results.',
  examples: [
    'aa-registry diff ./docker-nginx-1.0 ./docker-nginx',
    'aa-registry diff docker-nginx@1.0.0 docker-nginx@1.1.0',
    'aa-registry diff docker-default ./docker-nginx',
    'aa-registry diff /etc/apparmor.d/usr.bin.man ./usr.bin.man --format json',
  ],
  async run({ values, args, io }) {
    const [left, right] = await readModels(io, args, values);
    if (!left || !right) throw new Error('diff compares two profiles');
    const found = compareModels(left.model, right.model);
    const unread = [...new Set([...left.model.unread, ...right.model.unread])];
    const names = { left: left.file, right: right.file, unread };
    if (values.format === 'json') io.print(toJson(comparisonData(found, names)));
    else if (values.format === 'markdown') io.print(markdownComparison(found, names));
    else for (const line of describeComparison(found, names)) io.print(line);
    return codeOf(found);
  },
});

/** As diff(1): what is not known is trouble, also where differences are known. */
function codeOf({ differences, unknown }: PolicyComparison): number {
  if (unknown.length > 0) return exit.usage;
  return differences.length > 0 ? exit.failed : exit.ok;
}
