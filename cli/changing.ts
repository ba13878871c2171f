import { changeHost } from '../sdk/host/change.ts';
import { exclusively } from '../sdk/host/lock.ts';
import type { Mended } from '../sdk/host/mend.ts';
import { listPending } from '../sdk/host/state.ts';
import type { Recovered } from '../sdk/host/transaction.ts';
import { type HostTrust, readHostTrust } from '../sdk/trust-file.ts';
import type { Values } from './framework/command.ts';
import { pathOf } from './installed.ts';
import { currentView } from './learn-revocations.ts';
import { openSession, type registryOptions } from './session.ts';
import type { Io } from './terminal/io.ts';

/** Says where a file went that stood in the way and was not this program's. */
export function tellSetAside(tell: Io['tell'], file: string): void {
  tell(`The file that was there had been changed; it is kept as ${file}.`);
}

/** Does what writes files of a host's configuration, while no other command changes that host. */
export function alone<Result>(io: Io, root: string, work: () => Promise<Result>): Promise<Result> {
  return exclusively(root, work, { onWait: (holder) => tellWait(io, holder) });
}

/**
 * Does what changes a host, alone (see {@link changeHost}), and says what had to be waited for or mended first. Before
 * an interrupted installation is finished, the registry is asked whether its keys are good still.
 */
export async function changing<Result>(
  io: Io,
  root: string,
  { trust, ...named }: Values<typeof registryOptions> & { trust?: HostTrust },
  work: () => Promise<Result>,
): Promise<Result> {
  const interrupted = (await listPending(root)).filter(({ kind }) => kind === 'install');
  if (interrupted.length > 0) {
    const trusted = trust ?? (await readHostTrust(root));
    const teams = interrupted.map(({ installation: { team } }) => team);
    const client = trusted && (await openSession(io, named, trusted.registry, { brief: true }));
    if (trusted) await currentView(io, client, root, trusted, teams);
  }
  return changeHost(root, work, {
    trust,
    onWait: (holder) => tellWait(io, holder),
    onRecovered: (recovered) => tellRecovered(io, recovered),
    onMended: (mended) => tellMended(io, mended),
  });
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

function tellMended(io: Io, { record, copy, installation }: Mended): void {
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
    io.tell(`To rebuild it: sudo aa-registry pull ${path}`);
  }
  io.tell(`The damaged record was moved to ${copy}.`);
}

function tellWait(io: Io, holder: string | undefined): void {
  const who = holder === undefined ? '' : ` (${holder})`;
  io.tell(`Waiting for another aa-registry${who}, which is changing this host…`);
}
