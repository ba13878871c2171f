import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { refused } from '../refused.ts';
import { reportThisHost, troubles } from '../reported-host.ts';
import { caFileOption } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';

export const report = defineCommand({
  name: 'report',
  summary: 'Report this host’s profiles and denials to the team that it joined',
  args: [],
  options: { format: formatOption, 'ca-file': caFileOption, root: rootOption },
  details:
    'Sends which versions of the team’s profiles are installed, their modes and drift, the releases of the kernel and ' +
    'of AppArmor, and the denials and complain-mode events of these profiles since the last report, counted. Variable ' +
    'parts of names are replaced, unless config.toml has report_names = true; --format json prints what is sent. ' +
    '"sync" does the same with report = true; this command is for timers. If the registry can’t be reached, it ' +
    'exits with 4, and up to 50 reports wait on disk.',
  examples: ['sudo aa-registry report', 'sudo aa-registry report --format json'],
  async run({ values, io }) {
    const root = rootOf(values.root);
    const reported = await reportThisHost(io, { ...values, root });
    if (!reported.ok) throw refused(reported);
    const { report: made, sent, failure } = reported;
    for (const line of troubles(reported)) io.note(line);
    const events = made.events.reduce((sum, { count }) => sum + count, made.omittedEvents);
    const what = `${counted(made.profiles.length, 'profile')}, ${counted(events, 'event')}`;
    printResult(
      io,
      values,
      { report: made, sent, waiting: reported.waiting, dropped: reported.dropped },
      ...(failure
        ? []
        : [`Reported ${what}${sent > 1 ? `, with ${counted(sent - 1, 'earlier report')}` : ''}.`]),
    );
    return failure ? exit.unreachable : exit.ok;
  },
});

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
