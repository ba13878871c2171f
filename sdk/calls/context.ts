import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Release } from '../../policy/index.ts';
import { type Client, createClient, isRegistryFailure } from '../client.ts';
import { readConfiguration } from '../config.ts';
import { ifPresent } from '../files.ts';
import type { Environment } from '../home.ts';
import { changeHost } from '../host/change.ts';
import { checkTarget, type TargetRefusal } from '../host/install.ts';
import type { Recovered } from '../host/recovery.ts';
import { variantChoice } from '../host/release.ts';
import type { RepairedRecord } from '../host/repair.ts';
import { type RevokedByTeam, readRevoked, type SeenFolder, seenFolder } from '../host/seen.ts';
import { listPending } from '../host/state.ts';
import type { TrustView } from '../host/store.ts';
import { briefTimeout, waitLimits } from '../pacing.ts';
import type { Refusal } from '../refusal.ts';
import type { VariantChoice } from '../resolve/variant.ts';
import { learnRevocations } from '../revocations.ts';
import { shellWord } from '../shell-word.ts';
import { type HostTrust, noTrustFile, readTrust, trustPlace } from '../trust-file.ts';

/** Creates the client for a registry. A `brief` one is for optional requests: it gives up soon. */
export type Connect = (registry: string, options: { brief: boolean }) => Client | Promise<Client>;

/** Options of a call that works on a host. */
export interface HostOptions<Event = HostEvent> {
  /** The root of the host; default `/`, this machine. For any other root only files are changed, no kernel. */
  root?: string | undefined;
  /** The path of a trust file or its contents; default `etc/aa-registry/trust.toml` below the root. */
  trust?: string | HostTrust | undefined;
  /** The registry's address; default the trust file's. */
  registry?: string | undefined;
  /** The AppArmor release of the host, by which variants are chosen; default this machine's, if `root` is its own. */
  target?: Release | undefined;
  /** How to connect to the registry; default {@link createClient} without a token. */
  connect?: Connect | undefined;
  /**
   * Environment variables, which name the user's folders: checkpoints are stored there if the host's folder is not
   * writable. Default: the process's.
   */
  env?: Environment | undefined;
  /** Called with events to show to users. */
  onEvent?: ((event: Event) => void) | undefined;
}

/** Events of any call that works on a host. */
export type HostEvent =
  /** Another process is changing the host; `holder` describes it if known. */
  | { kind: 'waiting'; holder: string | undefined }
  /** An interrupted change of an earlier run was finished or undone. */
  | { kind: 'recovered'; recovered: Recovered }
  /** A damaged record was repaired or set aside. */
  | { kind: 'record-repaired'; repaired: RepairedRecord }
  /** The registry's log does not extend what the host has seen, or its checkpoint is not signed as required. */
  | { kind: 'log-refused'; id: string; reason: string }
  /** The revoked keys could not be fetched; those known before count. */
  | { kind: 'revocations-unknown'; reason: string };

/** A step of an installation was done; `at` is the index of its reference. */
export interface StepEvent {
  kind: 'step';
  at: number;
  step: string;
}

export type NoTrustRefusal = Refusal<'no-trust-file'>;
export type NoRootRefusal = Refusal<'no-root'>;

/** A host that a call works on, and its trust. */
export interface Host {
  root: string;
  trust: HostTrust;
  /** The release that it takes variants for. */
  choice: VariantChoice;
  /** Where checkpoints and revocations seen in the log are stored. */
  folder: SeenFolder;
  connect: (options: { brief: boolean }) => Promise<Client>;
  emit: (event: HostEvent) => void;
}

/** The root in the options, as an absolute path. An empty one is an error, so as not to mean the working directory. */
export function rootOf({ root = '/' }: Pick<HostOptions, 'root'>): string {
  if (root === '') throw new TypeError('root is empty');
  return resolve(root);
}

/** Refuses a root that does not exist. */
export async function checkRoot(root: string): Promise<NoRootRefusal | undefined> {
  const found = await ifPresent(stat(root));
  if (found?.isDirectory()) return undefined;
  const next = `To create it: mkdir ${shellWord(root)}`;
  return { ok: false, id: 'no-root', reason: `folder ${root} not found`, next };
}

/** Reads a host's trust; `undefined` if it has no trust file. */
export async function trustOf(root: string, { trust }: Pick<HostOptions, 'trust'>) {
  return typeof trust === 'object' ? trust : readTrust(trust ?? trustPlace(root));
}

/** The storage of what was seen of the log in `trust`. */
export function folderOf(
  root: string,
  trust: HostTrust,
  { env = process.env }: Pick<HostOptions<never>, 'env'>,
): SeenFolder {
  return seenFolder(env, root, trust.log.key);
}

/** The client for the registry in the options, or else for this one. */
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

/**
 * Opens a host. With `change`, refuses a host that nothing can be installed on. `teams` are those that the call needs.
 */
export async function openHost(
  options: HostOptions,
  { change, teams }: { change: boolean; teams?: readonly string[] },
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
    const env = options.env ?? process.env;
    // A hint: a configuration that can't be read is no error here.
    const configured = async () => (await readConfiguration(env).catch(() => undefined))?.registry;
    const registry = options.registry ?? (env.AA_REGISTRY || (await configured()));
    const named = typeof options.trust === 'string' ? options.trust : undefined;
    return noTrustFile(root, named, { registry, ...(teams && { teams }) });
  }
  const connect = connector(options, trust.registry);
  const { onEvent: emit = () => {} } = options;
  const folder = folderOf(root, trust, options);
  const choice = await variantChoice(root, options.target);
  return { ok: true, host: { root, trust, choice, folder, connect, emit } };
}

/**
 * Runs `work`, which changes a host, under its lock (see {@link changeHost}). Before an interrupted installation is
 * finished, its keys are checked for revocation.
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
    const teams = interrupted.flatMap((one) =>
      one.kind === 'install'
        ? [one.installation, ...(one.others ?? [])].map(({ team }) => team)
        : [],
    );
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

/** A host whose registry is not contacted if `offline` is set. */
export function withoutNetwork(
  host: Host,
  offline = false,
): Omit<Host, 'connect'> & Partial<Pick<Host, 'connect'>> {
  if (!offline) return host;
  const { connect: _, ...rest } = host;
  return rest;
}

/**
 * What stored versions are verified against: the current revocations, or those known before if the registry can't be
 * reached or there is no `connect`.
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
 * Fetches the revocations of these teams' keys that the log proves, and stores them in `folder`. Returns `undefined` if
 * the registry can't be reached; then those known before count.
 */
export async function tryLearnRevocations(
  client: Client,
  options: { trust: HostTrust; folder: SeenFolder; teams: Iterable<string> },
  emit: (event: HostEvent) => void,
): Promise<RevokedByTeam | undefined> {
  try {
    const { revoked, log } = await learnRevocations(client, options).catch(
      (error: NodeJS.ErrnoException) => {
        // A user without write permission may not be able to store them.
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
