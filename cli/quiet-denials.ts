// `doctor NAME`: shows what the deny rules of an installed profile refuse, which the kernel does not log otherwise.
import { change } from '../sdk/calls/context.ts';
import { fieldOf } from '../sdk/denials/event.ts';
import { Findings, maxFindings } from '../sdk/denials/finding.ts';
import { isOf } from '../sdk/denials/label.ts';
import { withAuditedDenies } from '../sdk/host/audited-denies.ts';
import { type Container, processesOf } from '../sdk/host/containers.ts';
import { type Installation, profilesOf } from '../sdk/host/installation.ts';
import { checkKernel } from '../sdk/host/kernel.ts';
import { findKernelLogs } from '../sdk/host/kernel-log.ts';
import { readProcess } from '../sdk/host/processes.ts';
import { hostProfiles } from '../sdk/host/profile-on-host.ts';
import { denialAdviser, showFinding } from './denials-advice.ts';
import { events, Seen } from './denials-log.ts';
import { CliError, exit } from './framework/command.ts';
import { reportHostEvent } from './host-events.ts';
import { includeResolver } from './include-options.ts';
import { pathOf, requireInstalled } from './installed.ts';
import { requireContainer } from './running-container.ts';
import { requireTarget } from './target.ts';
import { interruption } from './terminal/interruption.ts';
import type { Io } from './terminal/io.ts';

/** How long lines of the log may take to arrive, in milliseconds. */
const delay = 500;

export interface QuietDenialsOptions {
  /** Only of this running container. */
  container: string | undefined;
  /** How long to look, in seconds. */
  seconds: number;
  format: 'text' | 'json';
}

/** Shows the refusals of an installed profile for a while; returns the exit code. */
export async function showQuietDenials(
  io: Io,
  text: string,
  { container: named, seconds, format }: QuietDenialsOptions,
): Promise<number> {
  await requireTarget('/');
  const kernel = await checkKernel();
  if (!kernel.ok) throw new CliError(exit.unable, `Nothing is confined: ${kernel.reason}.`);
  const installation = await requireInstalled('/', text);
  const container = named === undefined ? undefined : await requireContainer(named);
  if (container) await requireConfined(container, installation);
  const onEvent = (event: Parameters<typeof reportHostEvent>[1]) => reportHostEvent(io, event, {});
  const done = await change('/', { env: io.env, onEvent }, () => {
    const until = interruption();
    return withAuditedDenies(installation, async () => {
      const end = AbortSignal.any([until, AbortSignal.timeout(seconds * 1000 + delay)]);
      const logs = await findKernelLogs('/');
      const followed = await Promise.all(logs.map((log) => log.follow('end', end)));
      io.note(
        `Logging what deny rules of ${pathOf(installation)} refuse, for ${seconds} s; press Ctrl-C to stop.`,
      );
      const findings = new Findings({ max: maxFindings, keep: 'last' });
      const resolver = includeResolver({});
      const profiles = hostProfiles('/', resolver);
      const advise = denialAdviser(resolver, { generalise: false, keep: true });
      const shown = new Set<string>();
      let count = 0;
      await Promise.all(
        followed.map(async (lines) => {
          for await (const event of events(lines, io, new Seen(), false)) {
            if (event.type !== 'DENIED') continue;
            if (!isOfAny(fieldOf(event, 'profile'), installation)) continue;
            if (container && !(await isMember(container, Number(fieldOf(event, 'pid'))))) continue;
            const finding = findings.add(event);
            if (!finding) continue;
            count++;
            showFinding(io, format, await advise(finding, profiles), shown);
          }
        }),
      );
      return count;
    });
  });
  if (!done.ok) {
    const code = done.id === 'no-deny-rules' ? exit.failed : exit.unable;
    const what =
      done.id === 'not-restored'
        ? 'The installed profile was not loaded again'
        : 'Nothing was changed';
    const next = done.id === 'not-restored' ? 'To repair it: sudo aa-registry sync' : undefined;
    throw new CliError(code, `${what}: ${done.reason} [${done.id}].`, next);
  }
  if (done.result === 0) io.note('Nothing was refused.');
  io.note(`${pathOf(installation)} is loaded as installed again.`);
  return exit.ok;
}

/** Whether one of an installation's profiles is in a label. */
function isOfAny(label: string | undefined, installation: Installation): boolean {
  return profilesOf(installation).some((name) => isOf(label, name));
}

async function requireConfined({ pid }: Container, installation: Installation): Promise<void> {
  const first = await readProcess(pid);
  if (first && isOfAny(first.label, installation)) return;
  const label = first ? `its label is ${first.label}` : 'it has ended';
  throw new CliError(
    exit.failed,
    `${pathOf(installation)} does not confine this container: ${label}.`,
  );
}

/** Whether a process is of a container, or has ended, so that this is not known. */
async function isMember({ id, pid: first }: Container, pid: number): Promise<boolean> {
  if (pid === first || !(await readProcess(pid))) return true;
  return id !== undefined && (await processesOf(id)).some((one) => one.pid === pid);
}
