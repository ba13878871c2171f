import { release } from 'node:os';
import { type ProfileMode, profileModes } from '../../contract/host.ts';
import { type Report, reportLimits } from '../../contract/report.ts';
import type { Client } from '../client.ts';
import { RegistryError } from '../client.ts';
import { SdkError } from '../error.ts';
import { detectDrift, isAsInstalled } from '../host/drift.ts';
import { type Installation, profilesOf } from '../host/installation.ts';
import { checkKernel, readPolicy, stateOf } from '../host/kernel.ts';
import { findKernelLogs } from '../host/kernel-log.ts';
import { withLock } from '../host/lock.ts';
import { hostRelease } from '../host/release.ts';
import { listInstallations } from '../host/state.ts';
import type { Refusal } from '../refusal.ts';
import { type Collected, collectEvents, type OwnerOf } from '../report/collect.ts';
import { type Enrolment, readEnrolment, readHostKey, writeEnrolment } from '../report/enrolment.ts';
import { addToSpool, countSpooled, removeFromSpool, spooled } from '../report/spool.ts';
import { explainingErrors } from '../system-error.ts';
import { checkRoot, type NoRootRefusal, rootOf } from './context.ts';

export interface ReportOptions {
  /** The root of the host; default `/`, this machine. Of any other root, only auditd's log is read. */
  root?: string | undefined;
  /** Whether to report names of files and so on as they are; default: variable parts are replaced by samples. */
  rawNames?: boolean | undefined;
  /** Creates the client for the registry that the host joined. */
  connect: (registry: string) => Promise<Client>;
}

export type ReportRefusal = NoRootRefusal | Refusal<'not-joined'>;

/** A report that was made. */
export interface Reported {
  ok: true;
  report: Report;
  /** How many reports were sent: this one, and those before that waited. */
  sent: number;
  /** How many reports wait for the registry. */
  waiting: number;
  /** How many of the oldest were dropped now, as too many waited. */
  dropped: number;
  /** Why not all were sent. */
  failure: Error | undefined;
  /** The logs that could not be read. */
  unread: Collected['unread'];
}

const rejoin = 'Retire the host, remove /var/lib/aa-registry/fleet, and join again.';

/** The age in milliseconds from which on events are reported: another log may still get them. */
const settled = 2_000;

/**
 * Reports the packages of the team that this host joined, and the denials and complain-mode events of their profiles since
 * the last report. Without the registry, the report waits on disk for the next call. Throws an SdkError if the host's own
 * files can't be used.
 */
export async function reportHost(options: ReportOptions): Promise<Reported | ReportRefusal> {
  return explainingErrors(async () => {
    const root = rootOf(options);
    return (await checkRoot(root)) ?? withLock(root, () => makeAndSend(root, options));
  });
}

async function makeAndSend(
  root: string,
  { rawNames = false, connect }: ReportOptions,
): Promise<Reported | ReportRefusal> {
  const enrolment = readEnrolment(root);
  if (!enrolment) {
    const next =
      'Create a token with "aa-registry fleet token create", then run "aa-registry fleet join" here.';
    return { ok: false, id: 'not-joined', reason: 'this host has joined no team', next };
  }
  const made = await make(root, enrolment, rawNames);
  const { report } = made;
  const text = JSON.stringify(report);
  const dropped = await addToSpool(root, { sequence: report.sequence, text });
  const now = { ...made.enrolment, dropped };
  await writeEnrolment(root, now);
  const outcome = await sendAll(root, await connect(enrolment.registry), now);
  return { ok: true, report, unread: made.unread, dropped, ...outcome };
}

async function make(root: string, enrolment: Enrolment, raw: boolean) {
  const installed = (await listInstallations(root)).filter(({ team }) => team === enrolment.team);
  const now = Date.now();
  const to = now - settled;
  const from = Math.min(enrolment.position, to);
  const logs = await findKernelLogs(root);
  const ownerOf = owners(installed, enrolment);
  const found = await collectEvents(logs, { from, to, raw, ownerOf });
  const isRead = found.unread.length < logs.length;
  const report: Report = {
    sequence: enrolment.sequence + 1,
    kernel: root === '/' ? release().slice(0, 100) : null,
    apparmor: root === '/' ? ((await hostRelease()) ?? null) : null,
    profiles: (await profilesOfHost(root, installed)).slice(0, reportLimits.profiles),
    events: found.events,
    omittedEvents: found.omitted,
    droppedReports: enrolment.dropped,
  };
  return {
    report,
    unread: found.unread,
    enrolment: {
      ...enrolment,
      sequence: report.sequence,
      position: isRead ? to : enrolment.position,
      versions: Object.fromEntries(installed.map(({ name, version }) => [name, version])),
      dropped: 0,
    },
  };
}

/** Finds the package of a profile; an event before the installed version is about that of the last report, if any. */
function owners(installed: readonly Installation[], { versions }: Enrolment): OwnerOf {
  const byProfile = new Map(
    installed.flatMap((one) => profilesOf(one).map((profile) => [profile, one] as const)),
  );
  return (profile, time) => {
    const found = byProfile.get(profile.split('//')[0] ?? '');
    if (!found) return undefined;
    const { name, installedAt } = found;
    const version = time >= Date.parse(installedAt) ? found.version : versions[name];
    return version === undefined ? undefined : { name, version };
  };
}

async function profilesOfHost(
  root: string,
  installed: readonly Installation[],
): Promise<Report['profiles']> {
  const kernel = root === '/' ? await checkKernel() : undefined;
  const policy = kernel?.ok && process.getuid?.() === 0 ? await readPolicy() : undefined;
  const found: Report['profiles'] = [];
  for (const one of installed) {
    const { name, version } = one;
    const mode =
      policy && profilesOf(one).length > 0
        ? modeOf(stateOf(policy, profilesOf(one))?.mode)
        : 'unknown';
    found.push({
      name,
      version,
      mode,
      drifted: !isAsInstalled(await detectDrift(root, one, policy)),
    });
  }
  return found;
}

function modeOf(mode: string | undefined): ProfileMode {
  if (mode === undefined) return 'not-loaded';
  return profileModes.find((one) => one === mode) ?? 'unknown';
}

/** Sends the reports that wait, oldest first, until one can't be sent. */
async function sendAll(root: string, client: Client, enrolment: Enrolment) {
  const key = await readHostKey(root);
  if (!key) throw new SdkError('key-file', 'the key of this host is missing', { next: rejoin });
  let { sequence: known, dropped } = enrolment;
  let sent = 0;
  let failure: Error | undefined;
  for (const { sequence, text } of spooled(root)) {
    try {
      const receipt = await client.sendReport(enrolment.id, text, key);
      sent++;
      // The registry has later ones than this host knows of, as after its disk was restored: it did not store this one.
      if (receipt.sequence > known) {
        known = receipt.sequence;
        dropped++;
      }
    } catch (error) {
      failure = error as Error;
      if (!isMalformed(error)) break;
      dropped++;
    }
    removeFromSpool(root, sequence);
    if (failure) break;
  }
  if (known !== enrolment.sequence || dropped !== enrolment.dropped) {
    await writeEnrolment(root, { ...enrolment, sequence: known, dropped });
  }
  return { sent, failure, waiting: countSpooled(root) };
}

/** Whether the registry refuses the report itself, as one of another release may: it would be refused again. */
function isMalformed(error: unknown): boolean {
  return error instanceof RegistryError && [400, 413, 415].includes(error.status);
}
