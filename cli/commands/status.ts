import { type Client, UnreachableError } from '../../sdk/client.ts';
import { describeCondition, isSound } from '../../sdk/host/condition.ts';
import type { LoadedProfile } from '../../sdk/host/kernel.ts';
import { maxRecords, type Named } from '../../sdk/host/state.ts';
import {
  type HostStatus,
  type InstalledStatus,
  readStatus,
  verdictOf,
} from '../../sdk/host/status.ts';
import { type Judgement, judgeInstalled, type Untrusted } from '../../sdk/host/untrusted.ts';
import { fetchNews, type News } from '../../sdk/news.ts';
import { ProfilesFileError, profilesPlace, readProfiles } from '../../sdk/profiles-file.ts';
import { type HostTrust, readTrust, trustPlace } from '../../sdk/trust-file.ts';
import { parseReference, type Reference } from '../../trust/index.ts';
import { CliError, defineCommand, exit, type Values } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { proofAdvice, trustOption } from '../host-trust.ts';
import { pathOf } from '../installed.ts';
import { currentView } from '../learn-revocations.ts';
import { unlisted } from '../profiles-option.ts';
import { openSession, registryOptions } from '../session.ts';
import { requireRoot, rootOption } from '../target.ts';
import type { Io } from '../terminal/io.ts';
import { printTable, printText } from '../terminal/table.ts';

/** What the exit code says to a monitor; docs/cli.md lists them. */
const exitCodes = {
  ok: exit.ok,
  disabled: exit.unable,
  untrusted: exit.untrusted,
  'not-loaded': exit.notLoaded,
  drift: exit.drift,
} as const;

/** The most processes that are named behind a profile. */
const mostNamed = 8;

export const status = defineCommand({
  name: 'status',
  summary: 'Show installed and loaded profiles, confined processes and drift',
  usage: '[NAME…]',
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  options: {
    all: { type: 'boolean', short: 'a', description: 'Every loaded profile and confined process' },
    offline: {
      type: 'boolean',
      description: 'Do not ask the registry for newer or yanked versions and revoked keys',
    },
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
  },
  details:
    'Compares files with what was signed, and the kernel with what was loaded. Changes nothing. ' +
    'Exit codes for monitors: 0 fine, 5 AppArmor is not enabled, 8 what is installed can not be proved now, as ' +
    'when its key was revoked, 7 a profile that is installed is not loaded, 6 something was changed; of several ' +
    'the first. A newer or yanked version does not change it, nor does a registry that is away.',
  examples: [
    'sudo aa-registry status',
    'sudo aa-registry status --offline --format json',
    'sudo aa-registry status --all',
  ],
  async run({ values, args, io }) {
    const json = values.format === 'json';
    const root = await requireRoot(values.root);
    if (root === '/' && process.getuid?.() !== 0) {
      throw new CliError(exit.unable, 'Only root can see what is loaded.', 'Run it with sudo.');
    }
    const found = narrow(await readStatus(root), args);
    const trust = await readTrust(values.trust ?? trustPlace(root));
    const client = values.offline ? undefined : await openAbout(io, found, values, trust);
    const news = client ? await askRegistry(io, found, client) : [];
    const { untrusted, outdated } = await judge(io, found, client, root, trust);
    for (const { folder, count } of found.unread) {
      io.tell(
        `${folder} holds ${count} more records, which were not read: at most ${maxRecords.count} are, of ${maxRecords.bytes >> 20} MiB in all. Remove those that aa-registry has not written.`,
      );
    }
    const unmanaged = await unmanagedOf(io, found, root);
    if (json) io.print(toJson(asData(found, news, untrusted, unmanaged)));
    else
      printStatus(
        io,
        found,
        { news, untrusted: [...untrusted, ...outdated], unmanaged },
        values.all ?? false,
      );
    const advice = [...untrusted, ...outdated].map((one) => proofAdvice(one, values));
    for (const next of new Set(advice)) io.tell(next);
    return exitCodes[verdictOf(found, untrusted)];
  },
});

/** The part of a status that is about these installed profiles; all of it when none is named. */
function narrow(found: HostStatus, names: string[]): HostStatus {
  if (names.length === 0) return found;
  const isMeant = (name: string, one: Named) => one.name === name || pathOf(one) === name;
  const isNamed = (one: Named) => names.some((name) => isMeant(name, one));
  const installed = found.installed.filter(({ installation }) => isNamed(installation));
  const damaged = found.damaged.filter(isNamed);
  const known = [...installed.map(({ installation }) => installation), ...damaged];
  const unknown = names.find((name) => !known.some((one) => isMeant(name, one)));
  if (unknown !== undefined) {
    const message = `${unknown} is not installed by aa-registry.`;
    throw new CliError(exit.failed, message, undefined, 'not-installed');
  }
  const own = new Set(known.map(({ name }) => name));
  return {
    ...found,
    installed,
    damaged,
    loaded: found.loaded.filter(({ name }) => own.has(name.split('//')[0] ?? '')),
    confined: installed.flatMap(({ processes }) => processes),
    unconfined: [],
    pending: found.pending.filter(({ installation }) => own.has(installation.name)),
  };
}

/** The registry to ask about what is installed; `undefined` when there is nothing to ask, or nobody. */
async function openAbout(
  io: Io,
  { installed }: HostStatus,
  values: Values<typeof registryOptions>,
  trust: HostTrust | undefined,
): Promise<Client | undefined> {
  if (installed.length === 0 || (!trust && values.registry === undefined)) return undefined;
  return openSession(io, values, trust?.registry, { brief: true });
}

async function judge(
  io: Io,
  { installed }: HostStatus,
  client: Client | undefined,
  root: string,
  trust: HostTrust | undefined,
): Promise<Judgement> {
  const installations = installed.map(({ installation }) => installation);
  const teams = installations.map(({ team }) => team);
  const view = trust && (await currentView(io, client, root, trust, teams));
  return judgeInstalled(root, installations, view);
}

async function askRegistry(io: Io, { installed }: HostStatus, client: Client): Promise<News[]> {
  try {
    return await fetchNews(
      client,
      installed.map(({ installation }) => ({
        reference: referenceOf(installation),
        version: installation.version,
      })),
    );
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    io.tell(`Newer versions are not known: ${error.message}`);
    return [];
  }
}

/** What it was installed for; one version's own reference says nothing about newer ones. */
function referenceOf({ team, name, reference }: InstalledStatus['installation']): Reference {
  const parsed = parseReference(reference);
  return parsed.ok ? parsed.reference : { team, name, selector: { kind: 'default' } };
}

/** What there is to say about what is installed, besides its state. */
interface Remarks {
  news: News[];
  untrusted: Untrusted[];
  unmanaged: readonly Named[];
}

/** What is installed and not managed by this host's profiles.toml; nothing where it has none. */
async function unmanagedOf(io: Io, { installed }: HostStatus, root: string): Promise<Named[]> {
  try {
    const wanted = await readProfiles(profilesPlace(root));
    if (!wanted) return [];
    return unlisted(
      installed.map(({ installation }) => installation),
      wanted,
    );
  } catch (error) {
    if (!(error instanceof ProfilesFileError)) throw error;
    io.tell(`Warning: ${error.message}`);
    return [];
  }
}

function printStatus(
  io: Io,
  found: HostStatus,
  { news, untrusted, unmanaged }: Remarks,
  all: boolean,
): void {
  const { kernel, installed, loaded, confined, unconfined, pending, damaged } = found;
  if (kernel?.ok === false) printText(io, `AppArmor is not enabled: ${kernel.reason}.`);
  if (kernel?.ok) {
    printText(
      io,
      `AppArmor is enabled: ${count(loaded, 'profile')} loaded${byMode(loaded)}, ` +
        `${count(confined, 'process', 'processes')} confined${byMode(confined)}.`,
    );
  }
  if (installed.length > 0) {
    if (kernel) io.print('');
    const rows = installed.map((one, at) => [
      pathOf(one.installation),
      one.installation.version,
      one.mode ?? (kernel ? 'not loaded' : modeAtBoot(one)),
      kernel?.ok ? String(one.processes.length) : '',
      [
        ...trustOf(one, untrusted),
        ...problemsOf(one),
        ...noteworthy(one, news[at], unmanaged),
      ].join('; ') || 'as installed',
    ]);
    const head = ['INSTALLED', 'VERSION', 'MODE', kernel?.ok ? 'PROCESSES' : '', 'STATE'];
    printTable(io, [head, ...rows]);
  } else io.print('Nothing is installed by aa-registry.');
  for (const { kind, installation } of pending) {
    const what = kind === 'install' ? 'The installation' : 'The removal';
    printText(
      io,
      `${what} of ${pathOf(installation)} was interrupted; the next change finishes it.`,
    );
  }
  for (const record of damaged) {
    const what = record.kind === 'pending' ? 'an interrupted change' : 'what is installed';
    printText(io, `The record of ${what} of ${pathOf(record)} is damaged: ${record.path}`);
    io.print(`  To rebuild it: sudo aa-registry pull ${pathOf(record)}`);
  }
  if (unconfined.length > 0) {
    io.print('');
    printText(io, 'Unconfined, although a loaded profile attaches to them (restart them):');
    const rows = unconfined.map(({ pid, command, profile }) => [`  ${pid}`, command, profile]);
    printTable(io, rows);
  }
  if (all) printAll(io, found);
  else if (installed.some(({ processes }) => processes.length > 0)) {
    io.print('');
    for (const { installation, processes } of installed) {
      if (processes.length > 0) printText(io, `${pathOf(installation)}: ${namesOf(processes)}`);
    }
  }
}

function printAll(io: Io, { loaded, confined, installed }: HostStatus): void {
  const own = new Map(
    installed.map(({ installation }) => [
      installation.name,
      `${pathOf(installation)}@${installation.version}`,
    ]),
  );
  if (loaded.length > 0) {
    io.print('');
    const rows = loaded.map(({ name, mode }) => [
      name,
      mode,
      own.get(name.split('//')[0] ?? '') ?? '',
    ]);
    printTable(io, [['LOADED', 'MODE', 'FROM'], ...rows]);
  }
  if (confined.length > 0) {
    io.print('');
    const rows = confined.map(({ pid, command, label, mode = '' }) => [
      String(pid),
      command,
      label,
      mode,
    ]);
    printTable(io, [['PID', 'COMMAND', 'CONFINED BY', 'MODE'], ...rows]);
  }
}

function trustOf({ installation }: InstalledStatus, untrusted: Untrusted[]): string[] {
  const found = untrusted.find((one) => one.installation === installation);
  return found ? [`would be refused now: ${found.reason} [${found.id}]`] : [];
}

function problemsOf({ condition }: InstalledStatus): string[] {
  return describeCondition(condition);
}

function noteworthy(
  { installation }: InstalledStatus,
  news: News | undefined,
  unmanaged: readonly Named[],
): string[] {
  const { rolledBackFrom, complainChosen } = installation;
  return [
    ...(news?.yanked === undefined ? [] : [`${installation.version} was yanked: ${news.yanked}`]),
    ...(news?.newer === undefined ? [] : [`${news.newer} is available`]),
    ...(news?.unknown === undefined ? [] : [`the registry says: ${news.unknown}`]),
    ...(rolledBackFrom === undefined
      ? []
      : [`rolled back from ${rolledBackFrom}: sync stays here until a newer version or "pull"`]),
    ...(complainChosen ? ['kept in complain mode until "enforce"'] : []),
    ...(unmanaged.includes(installation)
      ? [
          `not in profiles.toml, so sync leaves it alone; "aa-registry remove ${pathOf(installation)}" removes it`,
        ]
      : []),
  ];
}

function modeAtBoot({ installation }: InstalledStatus): string {
  return installation.complain ? 'complain' : 'as written';
}

function byMode(items: readonly { mode: string | undefined }[]): string {
  const modes = [...countModes(items)].map(([mode, number]) => `${number} ${mode}`);
  return modes.length === 0 ? '' : ` (${modes.join(', ')})`;
}

function countModes(items: readonly { mode: string | undefined }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { mode } of items) {
    if (mode !== undefined) counts.set(mode, (counts.get(mode) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function count(items: readonly unknown[], one: string, many = `${one}s`): string {
  return `${items.length} ${items.length === 1 ? one : many}`;
}

function namesOf(processes: InstalledStatus['processes']): string {
  const named = processes.slice(0, mostNamed).map(({ pid, command }) => `${command} (${pid})`);
  const more = processes.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The same as JSON; its keys are a contract with monitors. */
function asData(
  found: HostStatus,
  news: News[],
  untrusted: Untrusted[],
  unmanaged: readonly Named[],
): unknown {
  const { kernel, installed, loaded, confined, unconfined, pending, damaged, unread } = found;
  const own = new Set(installed.map(({ installation }) => installation.name));
  return {
    verdict: verdictOf(found, untrusted),
    apparmor:
      kernel === undefined
        ? null
        : kernel.ok
          ? { enabled: true }
          : { enabled: false, reason: kernel.reason },
    counts: {
      profiles: Object.fromEntries(countModes(loaded)),
      processes: Object.fromEntries(countModes(confined)),
      unconfinedWithProfile: unconfined.length,
    },
    installed: installed.map(({ installation, condition, mode, processes }, at) => ({
      team: installation.team,
      name: installation.name,
      version: installation.version,
      digest: installation.digest,
      reference: installation.reference,
      origin: installation.origin,
      installedAt: installation.installedAt,
      file: installation.file,
      mode: mode ?? null,
      complain: installation.complain,
      complainChosen: installation.complainChosen ?? false,
      ok: isSound(condition),
      condition,
      processes: processes.map(({ pid, command }) => ({ pid, command })),
      rolledBackFrom: installation.rolledBackFrom ?? null,
      // Installed by "pull" and not in profiles.toml, where this host has one.
      unmanaged: unmanaged.includes(installation),
      // Why it can't be proved now.
      untrusted: refusalOf(installation, untrusted),
      // null where the registry was not asked or does not know.
      newer: news[at]?.newer ?? null,
      yanked: news[at]?.yanked ?? null,
    })),
    interrupted: pending.map(({ kind, installation: { team, name, version } }) => ({
      kind,
      team,
      name,
      version,
    })),
    damaged: damaged.map(({ kind, team, name, path }) => ({ kind, team, name, path })),
    unread,
    loaded: loaded.map(({ name, mode, attachment }: LoadedProfile) => ({
      name,
      mode,
      attachment: attachment ?? null,
      installed: own.has(name.split('//')[0] ?? ''),
    })),
    confined,
    unconfined,
  };
}

function refusalOf(installation: Named, untrusted: Untrusted[]) {
  const found = untrusted.find((one) => one.installation === installation);
  return found ? { id: found.id, reason: found.reason } : null;
}
