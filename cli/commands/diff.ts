import {
  compareModels,
  type DecidingRule,
  type PolicyComparison,
  type PolicyDifference,
  releases,
} from '../../policy/index.ts';
import { joined, placed, ruleText } from '../deciding-rules.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { trustOption } from '../host-trust.ts';
import { includeOptions } from '../include-options.ts';
import { readModel, unknownReasons } from '../profile-model.ts';
import { rootOption } from '../target.ts';
import { type PolicyOptions, policyOptions, targetBaseOptions } from '../target-base.ts';
import { visibleLine } from '../terminal/io.ts';

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
      description: 'Compare as this AppArmor release compiles them (default: the newest)',
    },
    format: formatOption,
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
    let options: Promise<PolicyOptions> | undefined;
    const policy = () => {
      options ??= policyOptions(io, values);
      return options;
    };
    const [left, right] = [
      await readModel(io, args[0] ?? '', values, policy),
      await readModel(io, args[1] ?? '', values, policy),
    ];
    const found = compareModels(left.model, right.model);
    const unread = [...new Set([...left.model.unread, ...right.model.unread])];
    const code = codeOf(found);
    if (values.format === 'json') {
      io.print(toJson(asData(found, left.file, right.file, unread)));
      return code;
    }
    if (code === exit.ok) io.print('the same policy');
    const several = new Set(found.differences.map(({ profile }) => profile)).size > 1;
    let heading = '';
    for (const one of found.differences) {
      const next = several ? `${one.profile}: ${one.class}` : one.class;
      if (next !== heading) io.print(visibleLine(next));
      heading = next;
      io.print(`  ${visibleLine(sentenceOf(one))}`);
      printRules(io.print.bind(io), '-', one.leftRules, left.file);
      printRules(io.print.bind(io), '+', one.rightRules, right.file);
    }
    for (const one of found.unknown) {
      const where = several ? `${one.profile}: ${one.class}` : one.class;
      io.print(`unknown: ${visibleLine(where)}: ${unknownReasons[one.reason]}`);
    }
    if (found.unknown.length > 0 && unread.length > 0)
      io.print(`  not read: ${unread.map(visibleLine).join(', ')}`);
    return code;
  },
});

/** As diff(1): what is not known is trouble, also where differences are known. */
function codeOf({ differences, unknown }: PolicyComparison): number {
  if (unknown.length > 0) return exit.usage;
  return differences.length > 0 ? exit.failed : exit.ok;
}

const signs = { removed: '-', added: '+', changed: '~', logging: '~' } as const;

function sentenceOf(one: PolicyDifference): string {
  const what = [joined(one.permissions), one.example].filter(Boolean).join(': ');
  const plain = one.left === 'denied' || one.right === 'denied';
  const how = plain
    ? [one.left, one.right].filter((text) => text !== 'denied' && text !== 'granted').join('')
    : `${one.left || 'none'} -> ${one.right || 'none'}`;
  const never = one.unobservable ? ' (no program can ask for this)' : '';
  return `${signs[one.kind]} ${what}${how === '' ? '' : `${what === '' ? '' : ', '}${how}`}${never}`;
}

function printRules(
  print: (line: string) => void,
  sign: string,
  rules: readonly DecidingRule[],
  file: string,
): void {
  for (const rule of rules) print(`      ${sign} ${ruleText(rule, file)}`);
}

function asData(
  { differences, unknown }: PolicyComparison,
  left: string,
  right: string,
  unread: readonly string[],
) {
  return {
    same: unknown.length > 0 ? null : differences.length === 0,
    differences: differences.map((one) => ({
      ...one,
      example: one.example ?? null,
      leftRules: placed(one.leftRules, left),
      rightRules: placed(one.rightRules, right),
    })),
    unknown,
    unread,
  };
}
