import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Client, createClient, isRegistryFailure } from '../client.ts';
import { ifPresent } from '../files.ts';
import type { Environment } from '../home.ts';
import { changeHost } from '../host/change.ts';
import { checkTarget, type TargetRefusal } from '../host/install.ts';
import type { RepairedRecord } from '../host/repair.ts';
import { type RevokedByTeam, readRevoked, type SeenFolder, seenFolder } from '../host/seen.ts';
import { listPending } from '../host/state.ts';
import type { TrustView } from '../host/store.ts';
import type { Recovered } from '../host/transaction.ts';
import { briefTimeout, waitLimits } from '../pacing.ts';
import type { Refusal } from '../refusal.ts';
import { learnRevocations } from '../revocations.ts';
import { type HostTrust, noTrustFile, readTrust, trustPlace } from '../trust-file.ts';

/** Makes the client for a registry. A `brief` one serves a call that can do without an answer: it gives up soon. */
export type Connect = (registry: string, options: { brief: boolean }) => Client | Promise<Client>;

/** What a call that works on a host takes. */
export interface HostOptions<Event = HostEvent> {
  /** `/`, this machine, when left out. Any other root gets files only: no kernel is touched. */
  root?: string | undefined;
  /** The path of a trust file or what one says; the root's `etc/aa-registry/trust.toml` when left out. */
  trust?: string | HostTrust | undefined;
  /** The registry's address; that of the trust file when left out. */
  registry?: string | undefined;
  /** How to reach the registry; {@link createClient} without a token when left out. */
  connect?: Connect | undefined;
  /**
   * Environment variables, which name the user's folders: what was seen of the log is remembered there where the host's
   * folder can't be written. The process's when left out.
   */
  env?: Environment | undefined;
  /** Called with what happens on the way, for people to see. */
  onEvent?: ((event: Event) => void) | undefined;
}

/** What may happen in any call that works on a host. */
export type HostEvent =
  /** Another run is changing the host; `holder` is its process, where that is known. */
  | { kind: 'waiting'; holder: string | undefined }
  /** A change that an earlier run began was dealt with. */
  | { kind: 'recovered'; recovered: Recovered }
  /** A damaged record was dealt with. */
  | { kind: 'record-repaired'; repaired: RepairedRecord }
  /** The registry shows a log that does not extend what the host has seen, or is not signed as it must be. */
  | { kind: 'log-refused'; id: string; reason: string }
  /** The registry could not be asked which keys were revoked; those revoked before count. */
  | { kind: 'revocations-unknown'; reason: string };

/** A step of an installation was done; `at` is the place of its reference. */
export interface StepEvent {
  kind: 'step';
  at: number;
  step: string;
}

export type NoTrustRefusal = Refusal<'no-trust-file'>;
export type NoRootRefusal = Refusal<'no-root'>;

/** A host that a call works on, and whom it trusts. */
export interface Host {
  root: string;
  trust: HostTrust;
  /** What was seen of the log, and where more is remembered. */
  folder: SeenFolder;
  connect: (options: { brief: boolean }) => Promise<Client>;
  emit: (event: HostEvent) => void;
}

/** The root that options name, as an absolute path. An empty one is a mistake: the working directory is not meant. */
export function rootOf({ root = '/' }: Pick<HostOptions, 'root'>): string {
  if (root === '') throw new TypeError('root is empty');
  return resolve(root);
}

/** Why there is no system at `root`, where there is none. */
export async function checkRoot(root: string): Promise<NoRootRefusal | undefined> {
  const found = await ifPresent(stat(root));
  if (found?.isDirectory()) return undefined;
  return { ok: false, id: 'no-root', reason: `there is no folder ${root}` };
}

/** Reads whom a host trusts; `undefined` when it has no trust file. */
export async function trustOf(root: string, { trust }: Pick<HostOptions, 'trust'>) {
  return typeof trust === 'object' ? trust : readTrust(trust ?? trustPlace(root));
}

/** What was seen of the log that `trust` names. */
export function folderOf(
  root: string,
  trust: HostTrust,
  { env = process.env }: Pick<HostOptions<never>, 'env'>,
): SeenFolder {
  return seenFolder(env, root, trust.log.key);
}

/** How to reach the registry that options name, else this one. */
export function connector(
  { registry: named, connect = connectPlainly }: Pick<HostOptions<never>, 'registry' | 'connect'>,
  trusted: string,
): Host['connect'] {
  const registry = named ?? trusted;
  const clients = new Map<boolean, Promise<Client>>();
  return ({ brief }) => {
    const client = clients.get(brief) ?? Promise.resolve(connect(registry, { brief }));
    clients.set(brief, client);
    return client;
  };
}

function connectPlainly(registry: string, { brief }: { brief: boolean }): Client {
  const pacing = brief ? { waitLimits: waitLimits.brief, timeout: briefTimeout } : {};
  return createClient({ registry, ...pacing });
}

/** Opens a host; `change` says that the call installs something, so that what is missing for that is a refusal. */
export async function openHost(
  options: HostOptions,
  { change }: { change: boolean },
): Promise<{ ok: true; host: Host } | TargetRefusal | NoRootRefusal | NoTrustRefusal> {
  const root = rootOf(options);
  const missing = await checkRoot(root);
  if (missing) return missing;
  if (change) {
    const target = await checkTarget({ root });
    if (!target.ok) return target;
  }
  const trust = await trustOf(root, options);
  if (!trust) {
    return noTrustFile(root, typeof options.trust === 'string' ? options.trust : undefined);
  }
  const connect = connector(options, trust.registry);
  const { onEvent: emit = () => {} } = options;
  const folder = folderOf(root, trust, options);
  return { ok: true, host: { root, trust, folder, connect, emit } };
}

/**
 * Does `work`, which changes a host, alone (see {@link changeHost}). Before an interrupted installation is finished, the
 * registry is asked whether its keys are still good.
 */
export async function change<Result>(
  root: string,
  options: Pick<HostOptions, 'trust' | 'registry' | 'connect' | 'env' | 'onEvent'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const { onEvent: emit = () => {} } = options;
  const interrupted = (await listPending(root)).filter(({ kind }) => kind === 'install');
  const trust = await (options.trust === undefined && interrupted.length === 0
    ? undefined
    : trustOf(root, options));
  if (trust && interrupted.length > 0) {
    const teams = interrupted.map(({ installation: { team } }) => team);
    const connect = connector(options, trust.registry);
    await currentView({ trust, folder: folderOf(root, trust, options), connect, emit }, teams);
  }
  return changeHost(root, work, {
    trust,
    onWait: (holder) => emit({ kind: 'waiting', holder }),
    onRecovered: (recovered) => emit({ kind: 'recovered', recovered }),
    onRepaired: (repaired) => emit({ kind: 'record-repaired', repaired }),
  });
}

/** A host whose registry is not to be asked, when `offline` is set. */
export function withoutNetwork(
  host: Host,
  offline = false,
): Omit<Host, 'connect'> & Partial<Pick<Host, 'connect'>> {
  if (!offline) return host;
  const { connect: _, ...rest } = host;
  return rest;
}

/**
 * What stored versions are verified against: the revocations that the registry has now, or those seen before where it
 * can't be asked or there is no `connect`.
 */
export async function currentView(
  {
    trust,
    folder,
    connect,
    emit,
  }: Pick<Host, 'trust' | 'folder' | 'emit'> & Partial<Pick<Host, 'connect'>>,
  teams: Iterable<string>,
): Promise<TrustView> {
  const revoked =
    connect &&
    (await tryLearnRevocations(await connect({ brief: true }), { trust, folder, teams }, emit));
  return { trust, revoked: revoked ?? (await readRevoked(folder)) };
}

/**
 * Asks the registry which keys of these teams the log shows to be revoked, and remembers them in `folder`. `undefined`
 * when it can't be asked: then earlier revocations count.
 */
export async function tryLearnRevocations(
  client: Client,
  options: { trust: HostTrust; folder: SeenFolder; teams: Iterable<string> },
  emit: (event: HostEvent) => void,
): Promise<RevokedByTeam | undefined> {
  try {
    const { revoked, log } = await learnRevocations(client, options).catch(
      (error: NodeJS.ErrnoException) => {
        // A user who only reads may not be able to write there.
        if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '')) throw error;
        return learnRevocations(client, { ...options, keep: false });
      },
    );
    if (log) emit({ kind: 'log-refused', ...log });
    return revoked;
  } catch (error) {
    if (!isRegistryFailure(error)) throw error;
    emit({ kind: 'revocations-unknown', reason: error.message });
    return undefined;
  }
}
