import { releases } from '../../policy/index.ts';
import { findingData, findingLines, spelt } from '../denials-report.ts';
import { explainEvent, readWithEvents } from '../fleet-event.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { trustOption } from '../host-trust.ts';
import { includeOptions } from '../include-options.ts';
import { rootOption } from '../target.ts';
import { targetBaseOptions } from '../target-base.ts';
import { visibleLine, widthOf } from '../terminal/io.ts';
import { printText } from '../terminal/table.ts';

export const fleetDenials = defineCommand({
  name: 'fleet denials',
  summary: 'Explain what hosts reported as denied by a version, and suggest rules',
  args: [{ name: 'REF' }],
  options: {
    limit: { type: 'string', value: 'N', description: 'How many events to show (default 20)' },
    ...includeOptions,
    ...targetBaseOptions,
    target: {
      type: 'string',
      choices: releases,
      description: 'Explain as this AppArmor release compiles it, with the variant for it',
    },
    root: rootOption,
    trust: trustOption,
    format: formatOption,
  },
  details:
    'Shows denials and complain-mode events of a version, most hosts first: for each, the rule that denied it, with ' +
    'its line, or the narrowest rule that would allow it, and what else that rule permits, as "denials" does. The ' +
    'version is fetched and verified as "verify" does. The registry can’t verify what hosts report: review a rule before ' +
    'you add it. Variable parts of names are samples, such as process id 1. Requires the role publisher.',
  examples: [
    'aa-registry fleet denials acme/web@1.2.0',
    'aa-registry fleet denials acme/web:candidate --limit 100 --format json',
  ],
  async run({ values, args: [named = ''], io }) {
    const limit = requireWholeNumber('limit', values.limit ?? '20', { minimum: 1, maximum: 100 });
    const found = await readWithEvents(io, named, values);
    const { model, file } = found;
    const { items, more } = await found.listEvents(limit);
    const advised = items.flatMap((event) => {
      const one = explainEvent(event, found);
      return one ? [{ ...one, days: event.days }] : [];
    });
    if (values.format === 'json') {
      const data = advised.map(({ days, ...one }) => ({
        ...findingData(one),
        hosts: one.hosts,
        days,
      }));
      io.print(toJson({ ...found.version, items: data, more, unread: model.unread }));
    } else {
      if (model.unread.length > 0) {
        const names = model.unread.map(visibleLine).join(', ');
        printText(io, `Not read, and treated as empty: ${names}.`);
      }
      const shown = new Set<string>();
      for (const one of advised) {
        io.print(spelt(one.finding.profile ?? file));
        for (const line of findingLines(one, shown, widthOf(io.stdout))) io.print(line);
        io.print('');
      }
      if (items.length === 0) io.print(`No events of ${file} were reported.`);
    }
    const unread = items.length - advised.length;
    if (unread > 0) io.note(`${unread} reported events are not records of the kernel.`);
    if (more) io.note(`There are more events than ${limit}; use --limit.`);
    return exit.ok;
  },
});
