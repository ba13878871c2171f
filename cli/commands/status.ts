import {
  status as readStatus,
  type Status,
  type StatusEvent,
  type StatusRefusal,
} from '../../sdk/calls/status.ts';
import { describeDrift } from '../../sdk/host/drift.ts';
import { type Installation, profilesOf } from '../../sdk/host/installation.ts';
import { maxRecords } from '../../sdk/host/state.ts';
import type { Untrusted } from '../../sdk/host/trust-check.ts';
import { type AdvisedHost, hostCommand } from '../../sdk/host-command.ts';
import { splitPath } from '../../trust/index.ts';
import { flaggedMode } from '../flagged-mode.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { toJson } from '../framework/format.ts';
import { reportHostEvent } from '../host-events.ts';
import { proofAdvice, trustOption } from '../host-trust.ts';
import { pathOf } from '../installed.ts';
import { refused } from '../refused.ts';
import { connectWith, registryOptions } from '../session.ts';
import { countModes, statusData } from '../status-data.ts';
import { statusMetrics } from '../status-metrics.ts';
import { rootOf, rootOption, targetOption } from '../target.ts';
import type { Io } from '../terminal/io.ts';
import { printTable, printText } from '../terminal/table.ts';

type InstalledStatus = Status['installed'][number];

/** The meaning of exit codes for monitors; docs/cli.md lists them. */
const exitCodes = {
  ok: exit.ok,
  disabled: exit.unable,
  untrusted: exit.untrusted,
  'not-loaded': exit.notLoaded,
  drift: exit.drift,
} as const;

/** The maximum number of processes listed after a profile. */
const maxNamed = 8;

export const status = defineCommand({
  name: 'status',
  summary: 'Show installed and loaded profiles, confined processes and drift',
  args: [{ name: 'NAME', optional: true, repeated: true }],
  options: {
    all: {
      type: 'boolean',
      short: 'a',
      description: 'Show all loaded profiles and confined processes',
    },
    offline: {
      type: 'boolean',
      description: 'Do not ask the registry for newer or yanked versions or revoked keys',
    },
    format: {
      type: 'string',
      choices: ['text', 'json', 'prometheus'],
      description: 'text (default), json: one object, or prometheus: metrics for node_exporter',
    },
    ...registryOptions,
    root: rootOption,
    target: targetOption,
    trust: trustOption,
  },
  details:
    'Compares files with the signed versions, and the kernel with the installed ones. Changes ' +
    'nothing. Exit codes, in order of precedence: 5 AppArmor is not enabled; 8 an installed ' +
    'profile can no longer be verified, such as after its key was revoked; 7 an installed ' +
    'profile is not loaded; 6 something was changed; 0 otherwise, even if a version is outdated ' +
    'or yanked, an update waits for approval (see "approve"), or the registry can’t be reached.',
  examples: [
    'sudo aa-registry status',
    'sudo aa-registry status --offline --format json',
    'sudo aa-registry status --all',
    'sudo aa-registry status --offline --format prometheus > aa-registry.prom',
  ],
  async run({ values, args, io }) {
    const { registry, trust, offline, target } = values;
    const found = await readStatus({
      root: rootOf(values.root),
      trust,
      registry,
      names: args,
      offline,
      target,
      env: io.env,
      connect: connectWith(io, values),
      onEvent: (event) => reportEvent(io, event, values),
    });
    if (!found.ok) throw refusal(found);
    const { untrusted, outdated, verdict } = found;
    for (const { folder, count } of found.unread) {
      io.note(
        `${folder} holds ${count} more records, which were not read: the limit is ${maxRecords.count} records of ${maxRecords.bytes >> 20} MiB in total. Remove files that aa-registry did not write.`,
      );
    }
    if (values.format === 'json') io.print(toJson(statusData(found)));
    else if (values.format === 'prometheus') io.stdout.write(statusMetrics(found, new Date()));
    else printStatus(io, found, values);
    const advice = [...untrusted, ...outdated].map((one) => proofAdvice(one, values));
    for (const next of new Set(advice)) io.note(next);
    return exitCodes[verdict];
  },
});

function refusal(found: StatusRefusal): CliError {
  if (found.id !== 'not-root') return refused(found);
  return new CliError(exit.unable, 'Listing loaded profiles requires root.', 'Run it with sudo.');
}

function reportEvent(io: Io, event: StatusEvent, host: AdvisedHost): void {
  switch (event.kind) {
    case 'updates-unknown':
      io.note(`Could not check for newer versions: ${event.reason}`);
      break;
    case 'profiles-invalid':
      io.note(`Warning: ${event.reason}`);
      break;
    default:
      reportHostEvent(io, event, host);
  }
}

function printStatus(
  io: Io,
  found: Status,
  { all = false, ...host }: AdvisedHost & { all?: boolean },
): void {
  const { kernel, installed, loaded, confined, unconfined, pending, damaged } = found;
  const unproved = [...found.untrusted, ...found.outdated];
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
    const rows = installed.map((one) => [
      pathOf(one.installation),
      one.installation.version,
      one.mode ?? (kernel ? 'not loaded' : modeAtBoot(one, rootOf(host.root))),
      kernel?.ok ? String(one.processes.length) : '',
      [...trustOf(one, unproved), ...describeDrift(one.drift), ...noteworthy(one, host)].join(
        '; ',
      ) || 'as installed',
    ]);
    const head = ['INSTALLED', 'VERSION', 'MODE', kernel?.ok ? 'PROCESSES' : '', 'STATE'];
    printTable(io, [head, ...rows]);
  } else io.print('No profiles are installed by aa-registry.');
  for (const { installation } of installed) printWaiting(io, installation, host);
  for (const { kind, installation } of pending) {
    const what = kind === 'install' ? 'The installation' : 'The removal';
    printText(
      io,
      `${what} of ${pathOf(installation)} was interrupted; the next change finishes it.`,
    );
  }
  for (const record of damaged) {
    const what = record.kind === 'pending' ? 'an interrupted change' : 'the installation';
    printText(io, `The record of ${what} of ${pathOf(record)} is damaged: ${record.path}`);
    io.print(`  To rebuild it: ${hostCommand(`pull ${pathOf(record)}`, host)}`);
  }
  if (unconfined.length > 0) {
    io.print('');
    printText(io, 'Unconfined processes of programs with a loaded profile (restart them):');
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

/** The update that waits, unless it was approved. */
function waitingOf({ waiting, approved }: Installation): Installation['waiting'] {
  return waiting?.digest === approved?.digest ? undefined : waiting;
}

/** Prints the update that waits, with a line for each thing that it permits besides. */
function printWaiting(io: Io, installation: Installation, host: AdvisedHost): void {
  const { version: installed, approved } = installation;
  const waiting = waitingOf(installation);
  const path = pathOf(installation);
  if (approved) {
    printText(
      io,
      `${path} ${approved.version} is approved: "sync" installs it where profiles.toml selects it.`,
    );
  }
  if (!waiting) return;
  const { version, reasons, more } = waiting;
  printText(
    io,
    `${path} ${version} waits for approval, because profiles.toml does not let it replace ${installed}:`,
  );
  for (const reason of reasons) printText(io, `  ${reason}`);
  if (more > 0) io.print(`  and ${more} more`);
  io.print(`  To approve it: ${hostCommand(`approve ${path}@${version}`, { root: host.root })}`);
}

function printAll(io: Io, { loaded, confined, installed }: Status): void {
  const own = new Map(
    installed.flatMap(({ installation }) =>
      profilesOf(installation).map((name) => [
        name,
        `${pathOf(installation)}@${installation.version}`,
      ]),
    ),
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

function noteworthy(
  { installation, update, unmanaged, variant }: InstalledStatus,
  host: AdvisedHost,
): string[] {
  const { rolledBackFrom, complainChosen } = installation;
  const waiting = waitingOf(installation);
  return [
    ...(update?.yanked === undefined
      ? []
      : [`${installation.version} was yanked: ${update.yanked}`]),
    ...(update?.deprecated === undefined ? [] : [`deprecated: ${update.deprecated}`]),
    ...(waiting ? [`${waiting.version} waits for approval`] : []),
    ...(update?.newer === undefined || update.newer === waiting?.version
      ? []
      : [`${update.newer} is available`]),
    ...(update?.unknown === undefined ? [] : [`not checked for updates: ${update.unknown}`]),
    ...(rolledBackFrom === undefined
      ? []
      : [
          `rolled back from ${rolledBackFrom}: sync keeps this version until a newer one or "pull"`,
        ]),
    ...(installation.kind === 'abstraction' ? ['an abstraction'] : []),
    ...(installation.requires
      ? [`needs ${Object.keys(installation.requires).map(shortPath).join(', ')}`]
      : []),
    ...(installation.profiles ? [`defines ${installation.profiles.join(', ')}`] : []),
    ...(variant === undefined
      ? []
      : [
          `the variant for AppArmor ${variant} and newer fits this host now; "sync" or "pull" installs it`,
        ]),
    ...(complainChosen ? ['in complain mode until "enforce"'] : []),
    ...(unmanaged
      ? [
          `not in profiles.toml, so sync ignores it; "${hostCommand(`remove ${pathOf(installation)}`, host)}" removes it`,
        ]
      : []),
  ];
}

/** `team/name` without the default team. */
const shortPath = (path: string) => pathOf(splitPath(path));

/** The mode in which the system of another root will load a profile. */
function modeAtBoot({ installation }: InstalledStatus, root: string): string {
  return installation.complain ? 'complain' : (flaggedMode(root, installation) ?? 'unknown');
}

function byMode(items: readonly { mode: string | undefined }[]): string {
  const modes = [...countModes(items)].map(([mode, number]) => `${number} ${mode}`);
  return modes.length === 0 ? '' : ` (${modes.join(', ')})`;
}

function count(items: readonly unknown[], one: string, many = `${one}s`): string {
  return `${items.length} ${items.length === 1 ? one : many}`;
}

function namesOf(processes: InstalledStatus['processes']): string {
  const named = processes.slice(0, maxNamed).map(({ pid, command }) => `${command} (${pid})`);
  const more = processes.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
