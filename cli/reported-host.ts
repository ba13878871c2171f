import { type Reported, reportHost } from '../sdk/calls/report.ts';
import { readConfiguration } from '../sdk/config.ts';
import { openSession } from './session.ts';
import type { Io } from './terminal/io.ts';

interface ReportValues {
  root: string;
  'ca-file'?: string;
}

/** Reports about this host to the registry that it joined. */
export async function reportThisHost(io: Io, { root, ...values }: ReportValues) {
  const { report } = await readConfiguration(io.env);
  return reportHost({
    root,
    rawNames: report.rawNames,
    connect: (registry) =>
      openSession(io, { ...values, registry }, undefined, { brief: true, anonymous: true }),
  });
}

/** Reports after a sync, if config.toml says so. A failure is one line, and nothing more: the sync counts. */
export async function reportAfterSync(io: Io, values: ReportValues): Promise<void> {
  try {
    const { report } = await readConfiguration(io.env);
    if (!report.isOn) return;
    const reported = await reportThisHost(io, values);
    if (!reported.ok) io.note(`No report was sent: ${reported.reason}.`);
    else for (const line of troubles(reported)) io.note(line);
  } catch (error) {
    io.note(`No report was sent: ${(error as Error).message}`);
  }
}

/** What went wrong with a report. */
export function troubles({ failure, waiting, dropped, unread }: Reported): string[] {
  const reports = (count: number) => (count === 1 ? '1 report' : `${count} reports`);
  const waits = waiting === 0 ? '' : ` ${reports(waiting)} will be sent later.`;
  const lost =
    dropped === 0
      ? ''
      : ` Of those before, the oldest ${dropped === 1 ? 'was' : `${dropped} were`} dropped.`;
  const reason = failure?.message.replace(/\.$/, '');
  return [
    ...(failure ? [`The report was not sent: ${reason}.${waits}${lost}`] : []),
    ...unread.map(({ name, error }) => `Not all of ${name} could be read: ${error.message}`),
  ];
}
