import {
  Budget,
  joinPermissions,
  type ProfileSummary,
  releases,
  summarize,
  summarySteps,
  unknownReasons,
  type WayOut,
  waysOut,
} from '../../policy/index.ts';
import { placed, ruleText } from '../deciding-rules.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { trustOption } from '../host-trust.ts';
import { includeOptions } from '../include-options.ts';
import { readModel } from '../profile-model.ts';
import { exampleText, sentenceOf } from '../summary-text.ts';
import { rootOption } from '../target.ts';
import { targetBaseOptions } from '../target-base.ts';
import { type Io, visibleLine } from '../terminal/io.ts';
import { printTable, printText } from '../terminal/table.ts';

export const summary = defineCommand({
  name: 'summary',
  summary: 'Show in plain words what a profile permits, the most dangerous first',
  args: [{ name: 'FILE|DIR|REF' }],
  options: {
    ...includeOptions,
    ...targetBaseOptions,
    root: rootOption,
    trust: trustOption,
    all: { type: 'boolean', description: 'List every example, with the rules that permit it' },
    target: {
      type: 'string',
      choices: releases,
      description:
        'Summarize as this AppArmor release compiles it, with the variant for it (default: the newest; with variants, this host’s)',
    },
    format: formatOption,
  },
  details:
    'A REF, such as team/name@1.2.0, is fetched and verified as "verify" does, unless a file has that name. ' +
    'The summary covers the profile and everything it includes, completely: whatever the kernel would grant falls ' +
    'under one of the lines, with examples of its paths, labels and so on; with --all, one for each rule. Hats and child ' +
    'profiles have summaries of their own. For profiles that attach to no program, as those for containers do, the ' +
    'known ways out of a container follow, each open or closed; if a path opens it, with one such path. A ' +
    'program that may be run may be a script: the kernel does not check a script’s interpreter or files that a process inherits open. Exits with 0, or with 2 on errors or if ' +
    'something is unread or unknown; the summary says what.',
  examples: [
    'aa-registry summary ./docker-nginx',
    'aa-registry summary /etc/apparmor.d/usr.bin.man --all',
    'aa-registry summary docker-nginx@1.0.0 --target 4.1 --format json',
  ],
  async run({ values, args, io }) {
    const { model, file, version } = await readModel(io, args[0] ?? '', values, true);
    const { unread } = model;
    const budget = new Budget(summarySteps);
    const profiles = summarize(model, budget);
    const ways = waysOut(model.profiles, budget);
    if (values.format === 'json') {
      const items = profiles.map((profile) => asData(profile, file));
      io.print(
        toJson({
          ...version,
          profiles: items,
          ways: ways.map((one) => wayData(one, file)),
          unread,
        }),
      );
    } else {
      if (unread.length > 0) {
        const names = unread.map(visibleLine).join(', ');
        printText(io, `Not read, and treated as empty: ${names}.`);
      }
      for (const profile of profiles) printProfile(io, profile, file, values.all ?? false);
      printWays(io, ways, file, values.all ?? false);
    }
    const known =
      unread.length === 0 &&
      profiles.every(({ unknown }) => unknown.length === 0) &&
      ways.every(({ state }) => state !== 'unknown');
    return known ? exit.ok : exit.usage;
  },
});

function printProfile(io: Io, profile: ProfileSummary, file: string, all: boolean): void {
  const { name, mode, lines, unknown } = profile;
  io.print(`${visibleLine(name)} (${mode})`);
  if (all) {
    for (const { severity, text, examples } of lines) {
      printText(io, `  ${severity}: ${text}`);
      for (const example of examples) {
        const { permissions, rules } = example;
        printText(
          io,
          `    ${visibleLine(`${joinPermissions(permissions)}: ${exampleText(example)}`)}`,
        );
        for (const rule of rules) io.print(`      ${ruleText(rule, file)}`);
      }
    }
  } else
    printTable(
      io,
      lines.map((line) => [`  ${line.severity}`, sentenceOf(line)]),
    );
  if (lines.length === 0 && unknown.length === 0) io.print('  It permits nothing.');
  for (const one of unknown)
    printText(io, `  unknown: ${one.class}: ${unknownReasons[one.reason]}`);
}

/** The ways out of a container: those that are open or unknown with what follows, then the closed ones by name. */
function printWays(io: Io, ways: readonly WayOut[], file: string, all: boolean): void {
  if (ways.length === 0) return;
  io.print('Ways out of the container');
  const closed = ways.filter(({ state }) => state === 'closed').map(({ name }) => name);
  const listed = ways.filter(({ state }) => state !== 'closed');
  const rows = listed.map((one) => [`  ${one.state}`, visibleLine(wayText(one))]);
  if (closed.length > 0) rows.push(['  closed', closed.join(', ')]);
  printTable(io, rows);
  if (!all) return;
  for (const { name, rules } of listed)
    for (const rule of rules) io.print(`    ${name}: ${ruleText(rule, file)}`);
}

function wayText({ name, how, example, note }: WayOut): string {
  const details = [example, note].filter((one) => one !== undefined).join(', ');
  return `${name}: ${how}${details === '' ? '' : ` (${details})`}`;
}

function wayData({ rules, profile, example, note, ...way }: WayOut, file: string): object {
  return {
    ...way,
    ...{ profile: profile ?? null, example: example ?? null, note: note ?? null },
    rules: placed(rules, file),
  };
}

function asData({ name, mode, parent, lines, unknown }: ProfileSummary, file: string): object {
  return {
    ...{ name, mode, parent: parent ?? null },
    lines: lines.map(({ topic, severity, text, examples }) => ({
      ...{ topic, severity, text },
      examples: examples.map(({ note, rules, ...example }) => ({
        ...{ ...example, note: note ?? null },
        rules: placed(rules, file),
      })),
    })),
    unknown,
  };
}
