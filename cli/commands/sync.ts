import { type Synced, sync as syncHost } from '../../sdk/calls/sync.ts';
import { hostCommand } from '../../sdk/host-command.ts';
import { bundleAdvice, offlineOption, requireOfflineBundle } from '../bundle-file.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { privateAdvice } from '../framework/login-advice.ts';
import { reportHostEvent } from '../host-events.ts';
import { proofAdvice, trustAdvice, trustOption } from '../host-trust.ts';
import { pathOf } from '../installed.ts';
import { changeData } from '../policy-comparison.ts';
import { profilesOption } from '../profiles-option.ts';
import { refused } from '../refused.ts';
import { reportAfterSync } from '../reported-host.ts';
import { connectWith, registryOptions } from '../session.ts';
import { changeOf, isChange, reportOutcome, showPlan } from '../sync-outcome.ts';
import { rootOf, rootOption, targetOption } from '../target.ts';
import type { Io } from '../terminal/io.ts';

export const sync = defineCommand({
  name: 'sync',
  summary: 'Install, update and remove profiles to match profiles.toml',
  args: [],
  usage: '[--profiles FILE]',
  options: {
    profiles: profilesOption,
    target: targetOption,
    bundle: {
      type: 'string',
      value: 'FILE',
      description: 'Install from a bundle instead of the registry',
    },
    offline: offlineOption,
    'dry-run': {
      type: 'boolean',
      short: 'n',
      description:
        'Show changes of texts and permissions; change nothing. Exits with 6 if there are any',
    },
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
  },
  details:
    'Installs and updates the profiles in /etc/aa-registry/profiles.toml, repairs changes, and ' +
    'removes what an earlier sync installed. Example: profiles = ["docker-nginx", ' +
    '"acme/web@^1.2", { reference = "acme/api:candidate", complain = true }]. Profiles that you ' +
    'pulled stay installed. A rollback stays until a newer version than the one rolled back is ' +
    'published; complain mode set on this host stays until "enforce". With updates = "narrowing" or "same" for a ' +
    'profile, a version that may permit more is held until "approve", and of up to ten versions ' +
    'before it, the newest that needs no approval is installed. With profiles.lock.toml ' +
    '(see "lock"), installs exactly the locked versions. Without the registry, the host keeps ' +
    'its versions and repairs changes from its version store. Exits with 0 if the host ' +
    'matches profiles.toml; see docs/cli.md for the other exit codes.',
  examples: [
    'sudo aa-registry sync',
    'sudo aa-registry sync --dry-run',
    'sudo aa-registry sync --bundle profiles.bundle',
  ],
  async run({ values, io }) {
    const root = rootOf(values.root);
    requireOfflineBundle(values);
    const { trust, registry, profiles, bundle, offline, target } = values;
    const dryRun = values['dry-run'] ?? false;
    const report = await syncHost({
      root,
      trust,
      registry,
      profiles,
      bundle,
      offline,
      target,
      dryRun,
      env: io.env,
      connect: connectWith(io, values),
      onEvent: (event) => reportHostEvent(io, event, values),
    });
    if (!report.ok) throw refused(report);
    // An image whose own trust file does not count does not say either where a report goes.
    const isForeign = trust !== undefined && root !== '/';
    if (!dryRun && !offline && !isForeign) await reportAfterSync(io, { ...values, root });
    const code = dryRun ? plannedCode(report) : exitCodes[report.verdict];
    for (const line of describeUnmanaged(report.unmanaged, values.root)) io.note(line);
    for (const { team, name, reason } of report.deprecated) {
      io.note(`Deprecated: ${pathOf({ team, name })}: ${reason}`);
    }
    if (values.format === 'json') {
      reportRegistry(io, report);
      reportTrust(io, report, values);
      io.print(toJson(asData(root, report, dryRun)));
      return code;
    }
    if (dryRun) {
      showPlan(io, root, report, values);
      reportRegistry(io, report);
      if (!report.outcomes.some(isChange)) io.print(noChanges(report));
      reportTrust(io, report, values);
      return code;
    }
    const { lockFile } = report;
    for (const outcome of report.outcomes) reportOutcome(io, outcome, { lockFile, host: values });
    reportRegistry(io, report);
    reportTrust(io, report, values);
    if (report.outcomes.every(({ step, result }) => step.kind === 'note' && result.ok)) {
      const count = `${report.wanted} ${report.wanted === 1 ? 'profile' : 'profiles'}`;
      // With notes, or without the registry, the host may not match profiles.toml.
      const asWanted = report.outcomes.length === 0 && !report.offline ? ', up to date' : '';
      io.print(`Nothing to do: ${count}${asWanted}.`);
    }
    return code;
  },
});

function noChanges({ outcomes }: Synced): string {
  const waiting = outcomes.filter(({ result }) => !result.ok && result.waiting).length;
  if (waiting === 0) return 'No changes.';
  return `No changes until ${waiting === 1 ? 'an update is' : `${waiting} updates are`} approved.`;
}

/** Prints the profiles that sync ignores because they were pulled and are not in profiles.toml. */
function describeUnmanaged(unmanaged: Synced['unmanaged'], root: string | undefined): string[] {
  if (unmanaged.length === 0) return [];
  const names = unmanaged.map(pathOf);
  const stay =
    names.length === 1 ? 'was installed by "pull" and stays' : 'were installed by "pull" and stay';
  return [
    `Not in profiles.toml: ${names.join(', ')} ${stay}; sync only updates and repairs listed profiles.`,
    `To remove: ${hostCommand(`remove ${names.join(' ')}`, { root })}`,
  ];
}

const exitCodes = {
  ok: exit.ok,
  refused: exit.refused,
  untrusted: exit.untrusted,
  offline: exit.unreachable,
  failed: exit.failed,
  waiting: exit.waiting,
} as const;

/**
 * The exit code of --dry-run: drift if there are changes; profiles that can't be verified take precedence, as without
 * --dry-run.
 */
function plannedCode({ verdict, outcomes }: Synced): number {
  if (verdict === 'refused' || verdict === 'untrusted') return exitCodes[verdict];
  return outcomes.some(isChange) ? exit.drift : exitCodes[verdict];
}

function reportRegistry(io: Io, { offline, log, registry, mayBePrivate }: Synced): void {
  if (mayBePrivate) io.note(privateAdvice(registry));
  if (log) io.note(`Warning: the registry's log could not be verified: ${log.reason} [${log.id}]`);
  if (!offline) return;
  const { reason, checkedAt } = offline;
  const age = checkedAt === undefined ? 'not checked yet' : `last checked ${ageOf(checkedAt)}`;
  io.note(`${reason} This host keeps its versions (${age}).`);
}

/** Prints installed profiles that can no longer be verified, and hints about those and related refusals. */
function reportTrust(
  io: Io,
  { outcomes, untrusted, outdated, seen, teamsLackingKeys, lockFile }: Synced,
  values: { root?: string; trust?: string; bundle?: string },
): void {
  for (const { installation, id, reason } of untrusted) {
    const name = `${pathOf(installation)} ${installation.version}`;
    io.note(`Warning: ${name} is installed, and would be refused now: ${reason} [${id}]`);
  }
  for (const { installation, reason, id } of outdated) {
    const name = `${pathOf(installation)} ${installation.version}`;
    io.note(
      `Note: the proof of ${name} has an older checkpoint than is allowed now: ${reason} [${id}]`,
    );
  }
  for (const one of [...untrusted, ...outdated]) io.note(proofAdvice(one, values));
  const refused = [
    ...outcomes.flatMap(({ step, result }) =>
      result.ok || step.kind === 'remove'
        ? []
        : [{ ...step.reference, id: result.id, next: result.next }],
    ),
  ];
  const ofBundle = (id: string) =>
    values.bundle === undefined ? undefined : bundleAdvice(id, seen);
  const advice = refused.flatMap(({ team, name, selector: named, id, next }) => {
    const lacksKeys = teamsLackingKeys.includes(team);
    // The lock file may not name the latest version.
    const selector = lockFile === undefined ? named : undefined;
    const advice = trustAdvice(id, { team, name, lacksKeys, selector }, values);
    return ofBundle(id) ?? advice ?? next ?? [];
  });
  if (lockFile !== undefined && refused.some(({ id }) => id === 'key-revoked')) {
    advice.push(
      `${lockFile} names a refused version; to update it: ${hostCommand('lock', values)}`,
    );
  }
  for (const next of new Set(advice)) io.note(next);
}

/** The report as JSON. */
function asData(
  root: string,
  { outcomes, present, offline, log, untrusted, unmanaged, deprecated, wanted }: Synced,
  dryRun: boolean,
): object {
  const items: object[] = [];
  for (const { step, result, profile, policy } of outcomes) {
    const { team, name } = step.kind === 'remove' ? step.have.installation : step.reference;
    const from = 'have' in step ? step.have.installation.version : null;
    items.push({
      action: step.kind,
      team,
      name,
      from,
      version: 'version' in step ? step.version : step.kind === 'repair' ? from : null,
      problems: step.kind === 'repair' ? step.problems : [],
      ok: result.ok,
      id: result.ok ? null : result.id,
      reason: !result.ok ? result.reason : step.kind === 'note' ? step.text : null,
      setAside: (result.ok && result.setAside) || null,
      diff: dryRun && profile ? changeOf(root, profile) : null,
      policy: policy ? changeData(policy) : null,
      waiting: (!result.ok && result.waiting) || null,
    });
  }
  return {
    items,
    dryRun,
    wanted,
    present: dryRun ? null : present,
    offline: offline
      ? { reason: offline.reason, checkedAt: offline.checkedAt?.toISOString() ?? null }
      : null,
    log: log ?? null,
    // Installed by "pull" and not listed: not changed.
    unmanaged: unmanaged.map(({ team, name, version }) => ({ team, name, version })),
    deprecated,
    untrusted: untrusted.map(({ installation: { team, name, version }, id, reason }) => ({
      team,
      name,
      version,
      id,
      reason,
    })),
  };
}

/** The age in the largest whole unit. */
function ageOf(time: Date): string {
  const minutes = Math.max(0, Math.floor((Date.now() - time.getTime()) / 60_000));
  if (minutes === 0) return `just now, ${time.toISOString()}`;
  const [count, unit] =
    minutes < 120
      ? [minutes, 'minutes']
      : minutes < 48 * 60
        ? [Math.floor(minutes / 60), 'hours']
        : [Math.floor(minutes / 1440), 'days'];
  return `${count} ${unit} ago, ${time.toISOString()}`;
}
