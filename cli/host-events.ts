import type { HostEvent } from '../sdk/calls/context.ts';
import { pathOf } from '../sdk/calls/installed.ts';
import { withLock } from '../sdk/host/lock.ts';
import type { RepairedRecord } from '../sdk/host/repair.ts';
import type { Recovered } from '../sdk/host/transaction.ts';
import { type AdvisedHost, hostCommand } from '../sdk/host-command.ts';
import type { Io } from './terminal/io.ts';

/** Says what happened on the way of a call that works on `host`. */
export function tellHostEvent(io: Io, event: HostEvent, host: AdvisedHost): void {
  switch (event.kind) {
    case 'waiting':
      tellWait(io, event.holder);
      break;
    case 'recovered':
      tellRecovered(io, event.recovered);
      break;
    case 'record-repaired':
      tellRepaired(io, event.repaired, host);
      break;
    case 'log-refused':
      io.tell(`Warning: the registry's log is not believed: ${event.reason} [${event.id}]`);
      break;
    case 'revocations-unknown':
      io.tell(`Could not ask for new revocations; using the last known ones: ${event.reason}`);
      break;
  }
}

/** Says where a file went that stood in the way and was not this program's. */
export function tellSetAside(tell: Io['tell'], file: string): void {
  tell(`The file that was there had been changed; it is kept as ${file}.`);
}

/** Does what writes files of a host's configuration, while no other command changes that host. */
export function alone<Result>(io: Io, root: string, work: () => Promise<Result>): Promise<Result> {
  return withLock(root, work, { onWait: (holder) => tellWait(io, holder) });
}

const became: Record<Recovered['outcome'], string> = {
  finished: 'finished',
  undone: 'undone',
  removed: 'undone',
  left: 'left as it is, for processes are confined by it or its file was changed',
};

function tellRecovered(io: Io, { pending, outcome, refusal, earlier }: Recovered): void {
  const { kind, installation } = pending;
  const { team, name, version } = installation;
  const what = kind === 'install' ? 'installation' : 'removal';
  const why = refusal ? `: ${refusal.reason} [${refusal.id}]` : '';
  io.tell(`An interrupted ${what} of ${team}/${name}@${version} was ${became[outcome]}${why}.`);
  if (!earlier) return;
  const old = `${team}/${name}@${earlier.version}, which was installed before,`;
  const reason = `it is not proved either: ${earlier.reason} [${earlier.id}]`;
  if (outcome === 'removed') {
    io.tell(`Warning: ${old} was removed, for ${reason}. Nothing confines ${name} now.`);
  } else io.tell(`Warning: ${old} was not loaded again, for ${reason}.`);
}

function tellRepaired(
  io: Io,
  { record, copy, installation }: RepairedRecord,
  host: AdvisedHost,
): void {
  const path = pathOf(record);
  if (record.kind === 'pending') {
    io.tell(`Warning: a change of ${path} was interrupted, and the record of it is damaged.`);
  } else io.tell(`Warning: the record of ${path} is damaged.`);
  if (installation) {
    const { version, origin } = installation;
    const kept = record.kind === 'installed' ? `; it counts as asked for by ${origin}` : '';
    io.tell(`According to the version store, ${version} is installed${kept}.`);
  } else {
    io.tell('Which version is installed can’t be told, so an older one would not be refused.');
    io.tell(`To rebuild it: ${hostCommand(`pull ${path}`, host)}`);
  }
  io.tell(`The damaged record was moved to ${copy}.`);
}

function tellWait(io: Io, holder: string | undefined): void {
  const who = holder === undefined ? '' : ` (${holder})`;
  io.tell(`Waiting for another aa-registry${who}, which is changing this host…`);
}
