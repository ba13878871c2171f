import type { VerifiedProfile } from '../../sdk/fetch.ts';
import { textInstalled } from '../../sdk/host/installed-text.ts';
import type { KeptView } from '../../sdk/host/kept.ts';
import { readRevoked, readSeen, seenFolder } from '../../sdk/host/seen.ts';
import { type Installation, listInstallations } from '../../sdk/host/state.ts';
import { type SyncOutcome, type SyncReport, syncHost } from '../../sdk/sync.ts';
import type { Step } from '../../sdk/sync-plan.ts';
import { bundleAdvice, offlineOption, openBundle, requireOfflineBundle } from '../bundle-file.ts';
import { changing, tellSetAside } from '../changing.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { proofAdvice, requireTrust, trustAdvice, trustOption } from '../host-trust.ts';
import { pathOf } from '../installed.ts';
import { currentView } from '../learn-revocations.ts';
import { profilesOption, readLockFor, requireProfiles, unlisted } from '../profiles-option.ts';
import { openSession, registryOptions } from '../session.ts';
import { requireTarget, rootOf, rootOption } from '../target.ts';
import { diffOf } from '../terminal/diff.ts';
import type { Io } from '../terminal/io.ts';
import { printText } from '../terminal/table.ts';

export const sync = defineCommand({
  name: 'sync',
  summary: 'Install, update and remove profiles as profiles.toml says',
  usage: '[--profiles FILE]',
  args: { min: 0, max: 0 },
  options: {
    profiles: profilesOption,
    bundle: {
      type: 'string',
      value: 'FILE',
      description: 'Take them from a bundle instead of the registry',
    },
    offline: offlineOption,
    'dry-run': {
      type: 'boolean',
      short: 'n',
      description: 'Show what would be done; change nothing. Exit code 6 when there is something',
    },
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
  },
  details:
    '/etc/aa-registry/profiles.toml has: profiles = ["docker-nginx", "acme/web@^1.2", { reference = "acme/api:candidate", ' +
    'complain = true }]. Installs and updates them, repairs what was changed, and removes what an earlier sync has ' +
    'installed; what you have pulled stays, listed or not, and so does a rollback, until there is a newer version than what it left, and ' +
    'complain mode that was asked for here, until "enforce". With a profiles.lock.toml ("lock" writes it) it takes exactly those versions. ' +
    'Without the registry the host keeps what it has, and what was changed is repaired from what it has kept. ' +
    'Exit codes: 0 as wanted, 1 something could not be done, 3 something was refused as unproved, 4 the registry could ' +
    'not be asked, 8 what is installed can not be proved now, as when its key was revoked; with --dry-run also 6, there is ' +
    'something to do, after 3 and 8.',
  examples: [
    'sudo aa-registry sync',
    'sudo aa-registry sync --dry-run',
    'sudo aa-registry sync --bundle profiles.bundle',
  ],
  async run({ values, io }) {
    const root = rootOf(values.root);
    requireOfflineBundle(values);
    const dryRun = values['dry-run'] ?? false;
    await requireTarget(root);
    const trust = await requireTrust(values, root);
    const { path, wanted } = await requireProfiles(values, root);
    const locked = await readLockFor(path, wanted);
    const bundle = values.bundle === undefined ? undefined : await openBundle(values.bundle);
    const client = await openSession(io, values, trust.registry, { brief: bundle !== undefined });
    if (bundle && !values.offline && !dryRun) {
      // A bundle may be older than a revocation.
      await currentView(io, client, root, trust, trust.teams.keys());
    }
    const isForeign = values.trust !== undefined;
    const options = { root, trust, client, bundle, wanted, locked, dryRun, isForeign };
    const folder = seenFolder(io.env, root, trust.log.key);
    const seen = bundle && (await readSeen(folder));
    const report = dryRun
      ? await syncHost(options)
      : await changing(io, root, { ...values, trust }, () => syncHost(options));
    const told = { ...values, seen, view: { trust, revoked: await readRevoked(folder) } };
    const code = dryRun ? plannedCode(report) : codeOf(report);
    const unmanaged = unlisted(await listInstallations(root), wanted);
    for (const line of describeUnmanaged(unmanaged, values.root)) io.tell(line);
    if (values.format === 'json') {
      tellRegistry(io, report);
      tellTrust(io, report, told);
      io.print(toJson(await asData(root, report, { dryRun, wanted: wanted.length, unmanaged })));
      return code;
    }
    if (dryRun) {
      await showPlan(io, root, report);
      tellTrust(io, report, told);
      return code;
    }
    for (const outcome of report.outcomes) tellOutcome(io, outcome);
    tellRegistry(io, report);
    tellTrust(io, report, told);
    if (report.outcomes.every(({ step, result }) => step.kind === 'note' && result.ok)) {
      const count = `${wanted.length} ${wanted.length === 1 ? 'profile' : 'profiles'}`;
      // What was told of them is not what was wanted.
      const asWanted = report.outcomes.length === 0 && !report.offline ? ', as wanted' : '';
      io.print(`Nothing to do: ${count}${asWanted}.`);
    }
    return code;
  },
});

/** Says which profiles a sync leaves alone because they were pulled and profiles.toml does not list them. */
function describeUnmanaged(unmanaged: readonly Installation[], root: string | undefined): string[] {
  if (unmanaged.length === 0) return [];
  const names = unmanaged.map(pathOf);
  const where = root === undefined ? '' : ` --root ${root}`;
  const stay =
    names.length === 1 ? 'was installed by "pull" and stays' : 'were installed by "pull" and stay';
  return [
    `Not in profiles.toml: ${names.join(', ')} ${stay}; sync does not update or repair what is not listed.`,
    `To remove: sudo aa-registry remove ${names.join(' ')}${where}`,
  ];
}

/** As {@link codeOf}, and drift where there is something to do; what can't be proved comes first, as without --dry-run. */
function plannedCode(report: SyncReport): number {
  const code = codeOf(report);
  if (code === exit.refused || code === exit.untrusted) return code;
  return report.outcomes.some(isChange) ? exit.drift : code;
}

function isChange({ step }: SyncOutcome): boolean {
  return step.kind !== 'note';
}

function codeOf({ outcomes, offline, log, untrusted }: SyncReport): number {
  const failures = outcomes.flatMap(({ result }) => (result.ok ? [] : [result]));
  if (log || failures.some(({ isRefusal }) => isRefusal)) return exit.refused;
  if (untrusted.length > 0) return exit.untrusted;
  if (offline) return exit.unreachable;
  return failures.length > 0 ? exit.failed : exit.ok;
}

function tellOutcome(io: Io, { step, result }: SyncOutcome): void {
  const what = describe(step);
  if (step.kind === 'note') {
    io.tell(result.ok ? what : `Warning: ${what}`);
    return;
  }
  if (!result.ok) {
    io.tell(`Not ${verbs[step.kind].done}: ${what}: ${result.reason} [${result.id}]`);
    return;
  }
  const { done } = verbs[step.kind];
  printText(io, `${done[0]?.toUpperCase()}${done.slice(1)} ${what}`);
  if (result.setAside !== undefined) tellSetAside(io.tell, result.setAside);
}

const verbs = {
  install: { todo: 'install', done: 'installed' },
  update: { todo: 'update', done: 'updated' },
  repair: { todo: 'repair', done: 'repaired' },
  remove: { todo: 'remove', done: 'removed' },
};

function describe(step: Step): string {
  switch (step.kind) {
    case 'install':
      return `${pathOf(step.reference)} ${step.version}`;
    case 'update':
      return `${pathOf(step.reference)} ${step.have.installation.version} to ${step.version}`;
    case 'repair':
      return `${pathOf(step.reference)} ${step.have.installation.version}: ${step.problems.join('; ')}`;
    case 'remove':
      return `${pathOf(step.have.installation)} ${step.have.installation.version}`;
    case 'note':
      return `${pathOf(step.reference)} ${step.text}`;
  }
}

function tellRegistry(io: Io, { offline, log }: SyncReport): void {
  if (log) io.tell(`Warning: the registry's log is not believed: ${log.reason} [${log.id}]`);
  if (!offline) return;
  const { reason, checkedAt } = offline;
  const age = checkedAt === undefined ? 'never asked before' : `last asked ${ageOf(checkedAt)}`;
  io.tell(`${reason} This host keeps what it has (${age}).`);
}

/** Says what is installed and can't be proved now, and what to do about that and about refusals like it. */
function tellTrust(
  io: Io,
  { outcomes, untrusted, outdated }: SyncReport,
  values: {
    root?: string;
    trust?: string;
    bundle?: string;
    seen?: { size: number } | undefined;
    view: KeptView;
  },
): void {
  for (const { installation, id, reason } of untrusted) {
    const name = `${pathOf(installation)} ${installation.version}`;
    io.tell(`Warning: ${name} is installed, and would be refused now: ${reason} [${id}]`);
  }
  for (const { installation, reason, id } of outdated) {
    const name = `${pathOf(installation)} ${installation.version}`;
    io.tell(`Note: ${name} was proved by an older log than is allowed now: ${reason} [${id}]`);
  }
  for (const one of [...untrusted, ...outdated]) io.tell(proofAdvice(one, values));
  const refused = [
    ...outcomes.flatMap(({ step, result }) =>
      result.ok || step.kind === 'remove' ? [] : [{ ...step.reference, id: result.id }],
    ),
  ];
  const ofBundle = (id: string) =>
    values.bundle === undefined ? undefined : bundleAdvice(id, values.seen);
  const advice = refused.flatMap(
    ({ id, team, name }) =>
      ofBundle(id) ??
      trustAdvice(
        id,
        { team, name, trust: values.view.trust, revoked: [values.view.revoked.get(team)] },
        values,
      ) ??
      [],
  );
  for (const next of new Set(advice)) io.tell(next);
}

/** The same as JSON. */
async function asData(
  root: string,
  { outcomes, present, offline, log, untrusted }: SyncReport,
  {
    dryRun,
    wanted,
    unmanaged,
  }: { dryRun: boolean; wanted: number; unmanaged: readonly Installation[] },
): Promise<object> {
  const items: object[] = [];
  for (const { step, result, profile } of outcomes) {
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
    // Installed by "pull" and not listed: left as they are.
    unmanaged: unmanaged.map(({ team, name, version }) => ({ team, name, version })),
    untrusted: untrusted.map(({ installation: { team, name, version }, id, reason }) => ({
      team,
      name,
      version,
      id,
      reason,
    })),
  };
}

function changeOf(root: string, profile: VerifiedProfile): string {
  const { path, text } = textInstalled(root, profile);
  return diffOf(path, text, profile.bytes, profile.version);
}

/** How long ago, in the largest whole unit. */
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

async function showPlan(io: Io, root: string, report: SyncReport): Promise<void> {
  for (const outcome of report.outcomes) {
    const { step, result, profile } = outcome;
    if (!result.ok || step.kind === 'note') {
      tellOutcome(io, outcome);
      continue;
    }
    printText(io, `Would ${verbs[step.kind].todo} ${describe(step)}`);
    const patch = profile && changeOf(root, profile);
    if (patch) io.print(patch.trimEnd());
  }
  tellRegistry(io, report);
  if (!report.outcomes.some(isChange)) io.print('Nothing would be changed.');
}
