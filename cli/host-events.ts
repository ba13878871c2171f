import type { HostEvent } from '../sdk/calls/context.ts';
import { pathOf } from '../sdk/calls/installed.ts';
import type { ProveEvent } from '../sdk/calls/prove.ts';
import { withLock } from '../sdk/host/lock.ts';
import type { Recovered } from '../sdk/host/recovery.ts';
import type { RepairedRecord } from '../sdk/host/repair.ts';
import { type AdvisedHost, hostCommand } from '../sdk/host-command.ts';
import { describeVariant } from '../sdk/resolve/variant.ts';
import type { Io } from './terminal/io.ts';

/** Prints the events of a call that works on `host`. */
export function reportHostEvent(io: Io, event: HostEvent, host: AdvisedHost): void {
  switch (event.kind) {
    case 'waiting':
      reportWait(io, event.holder);
      break;
    case 'recovered':
      reportRecovered(io, event.recovered);
      break;
    case 'record-repaired':
      reportRepaired(io, event.repaired, host);
      break;
    case 'log-refused':
      io.note(`Warning: the registry's log could not be verified: ${event.reason} [${event.id}]`);
      break;
    case 'revocations-unknown':
      io.note(`Could not fetch new revocations; using the last known ones: ${event.reason}`);
      break;
  }
}

/** Prints which variant of a version was chosen, and why. */
export function reportVariant(
  note: Io['note'],
  { profile, choice }: Extract<ProveEvent, { kind: 'variant' }>,
): void {
  const { version, variant = '' } = profile;
  note(describeVariant(`${pathOf(profile)} ${version}`, variant, choice));
}

/** Prints the new path of a changed file that was moved out of the way. */
export function reportSetAside(note: Io['note'], file: string): void {
  note(`The existing file had been changed; it was moved to ${file}.`);
}

/** Runs `work`, which writes configuration files of a host, under the host's lock. */
export function alone<Result>(io: Io, root: string, work: () => Promise<Result>): Promise<Result> {
  return withLock(root, work, { onWait: (holder) => reportWait(io, holder) });
}

const became: Record<Recovered['outcome'], string> = {
  finished: 'finished',
  undone: 'undone',
  removed: 'undone',
  left: 'not undone: it confines processes, or its file was changed',
};

function reportRecovered(io: Io, { pending, outcome, refusal, earlier }: Recovered): void {
  const { kind, installation } = pending;
  const { team, name, version } = installation;
  const what = kind === 'install' ? 'installation' : 'removal';
  const why = refusal ? `: ${refusal.reason} [${refusal.id}]` : '';
  io.note(`An interrupted ${what} of ${team}/${name}@${version} was ${became[outcome]}${why}.`);
  if (!earlier) return;
  const old = `${team}/${name}@${earlier.version}, which was installed before,`;
  const reason = `it could not be verified either: ${earlier.reason} [${earlier.id}]`;
  if (outcome === 'removed') {
    io.note(`Warning: ${old} was removed, because ${reason}. ${name} is not installed now.`);
  } else io.note(`Warning: ${old} was not loaded again, because ${reason}.`);
}

function reportRepaired(
  io: Io,
  { record, copy, installation }: RepairedRecord,
  host: AdvisedHost,
): void {
  const path = pathOf(record);
  if (record.kind === 'pending') {
    io.note(`Warning: a change of ${path} was interrupted, and its record is damaged.`);
  } else io.note(`Warning: the record of ${path} is damaged.`);
  if (installation) {
    const { version, origin } = installation;
    const note = record.kind === 'installed' ? `; it is treated as installed by ${origin}` : '';
    io.note(`According to the version store, ${version} is installed${note}.`);
  } else {
    io.note('The installed version is unknown, so a downgrade would not be detected.');
    io.note(`To rebuild it: ${hostCommand(`pull ${path}`, host)}`);
  }
  io.note(`The damaged record was moved to ${copy}.`);
}

function reportWait(io: Io, holder: string | undefined): void {
  const who = holder === undefined ? '' : ` (${holder})`;
  io.note(`Waiting for another aa-registry${who}, which is changing this host…`);
}
