import { Budget } from '../../budget.ts';
import { type Automaton, covers, intersects } from '../../glob/automaton.ts';
import { textOf } from '../../glob/matcher.ts';
import { remounts } from '../../model/classes/mount.ts';
import { describeRule } from '../../model/deciding-rule.ts';
import type { Decision } from '../../model/decision.ts';
import { isKernelPath, walkBoth } from '../../model/difference.ts';
import type { EffectiveRule } from '../../model/effective-rule.ts';
import { compileLookedUp } from '../../model/hidden.ts';
import { model } from '../../model/model.ts';
import type { ProfileModel } from '../../model/profile-model.ts';
import { controlSockets } from '../../model/sensitive-files.ts';
import type { Grant } from '../../model/table.ts';
import { cgroupMounts, harmlessMounts } from '../../model/ways-out/mounts.ts';
import { type FileWay, fileWays, mountWays } from '../../model/ways-out/ways.ts';
import { dockerDefault } from '../docker-default.ts';
import type { LintContext, LintedProfile, LintRule } from '../rule.ts';

type Permission = FileWay['permission'];

/** The letters of a permission: who may append may write `|/program` into core_pattern. */
const letters = { read: ['r'], write: ['w', 'a'] } as const;

/** The steps that comparing all profiles of a file with docker-default may cost. */
const compareSteps = 500_000;

export const weakerThanDockerDefault: LintRule = {
  id: 'weaker-than-docker-default',
  title: 'A container escape that docker-default prevents',
  severity: 'warning',
  text: 'Docker’s own profile prevents the known escapes from a container to its host. A profile that replaces it should prevent them too, including in its hats and child profiles. Each is reported by name, with the rule of docker-default that prevents it.',
  fires:
    'abi <abi/3.0>,\ninclude <tunables/global>\nprofile docker-demo flags=(attach_disconnected) {\n  file,\n  deny @{PROC}/sys/** w,\n  deny @{PROC}/kcore r,\n  deny /sys/** rw,\n}\n',
  clean:
    'abi <abi/3.0>,\ninclude <tunables/global>\nprofile docker-demo flags=(attach_disconnected) {\n  file,\n  deny @{PROC}/{*,[^0-9]**} wklx,\n  deny @{PROC}/{kcore,kmem,mem,sysrq-trigger} r,\n  deny /sys/** rw,\n}\n',
  check(context) {
    const budget = new Budget(compareSteps);
    for (const profile of context.profiles) {
      if (!profile.container || profile.model.mode === 'unconfined') continue;
      // A file may have a thousand child profiles without rules, which grant nothing.
      if (profile.model.rules.length === 0) continue;
      checkFiles(context, profile, budget);
      checkSockets(context, profile);
      checkMounts(context, profile);
    }
  },
};

let known: ProfileModel | undefined;

/** The model of what docker-default denies; its includes deny nothing. */
function reference(): ProfileModel {
  if (!known) {
    const text = dockerDefault
      // What it allows elsewhere is not compared.
      .replace(/^ *(include|file|capability|network) ?.*$/gm, '')
      // Denied as well, so it changes nothing but that these folders are told from others.
      .replace(/^ *deny mount,$/m, (line) => `  /proc/{${folders.join()}}/** w,\n${line}`);
    known = model(`@{PROC}=/proc/\n${text}`).profiles[0] as ProfileModel;
  }
  return known;
}

/** The folders of /proc that are the same for all processes and hold what can be written. */
const folders = ['acpi', 'asound', 'bus', 'driver', 'dynamic_debug', 'fs', 'irq', 'sys', 'tty'];

/** Whether a file can have this path: of the folders of /proc without a number, none is like those of processes. */
function exists(path: string): boolean {
  const [, folder = '', file = ''] = /^\/proc\/([^/]*)\/([^/]*)/.exec(path) ?? [];
  return folder === '' || (folders.includes(folder) && !ofProcesses.has(file));
}

/** What can be written below /proc/PID (proc(5)). */
const ofProcesses = new Set([
  ...['attr', 'autogroup', 'clear_refs', 'comm', 'coredump_filter', 'fd', 'gid_map', 'loginuid'],
  ...['map_files', 'mem', 'ns', 'oom_adj', 'oom_score_adj', 'projid_map', 'sched', 'setgroups'],
  ...['task', 'timens_offsets', 'timerslack_ns', 'uid_map'],
]);

/** The rules of a profile that grant a permission on a path, if they do. */
function granting(
  { model }: LintedProfile,
  permission: Permission,
  path: string,
): readonly EffectiveRule[] | undefined {
  const rules = letters[permission].flatMap((letter) => {
    const { owner, others } = model.file(letter, path);
    return [others, owner].flatMap((one) => (mayBeGranted(one) ? one.rules : []));
  });
  return rules.length > 0 ? rules : undefined;
}

/** The rule of docker-default that denies a way out, if one does. */
function denied(way: FileWay): EffectiveRule | undefined {
  if (!denials.has(way)) {
    const { others } = reference().file(way.permission === 'read' ? 'r' : 'w', way.path);
    denials.set(
      way,
      others.rules.find(({ deny }) => deny),
    );
  }
  return denials.get(way);
}

const denials = new Map<FileWay, EffectiveRule | undefined>();

/** Whether rules grant it, or let the user grant it. */
function mayBeGranted(decision: Decision): boolean {
  if (decision.granted === undefined) return decision.reason === 'prompt';
  return decision.granted && !decision.byMode && !decision.implied;
}

function place(profile: LintedProfile, rules: readonly EffectiveRule[]) {
  const own = rules.find((one) => one.own);
  return own ? own.rule : profile.report.profile.name;
}

const verb = { read: 'read', write: 'written' } as const;

function checkFiles(context: LintContext, profile: LintedProfile, budget: Budget): void {
  const reported = new Set<string>();
  const key = (rule: EffectiveRule, permission: Permission) => `${rule.rule.start} ${permission}`;
  const report = (
    { path, permission }: Pick<FileWay, 'path' | 'permission'>,
    by: readonly EffectiveRule[],
    deny: EffectiveRule,
    message: string,
  ) => {
    reported.add(key(deny, permission));
    const close = `deny ${describeRule(deny).text.replace(/^deny /, '')}`;
    context.report(place(profile, by), `${path} can be ${verb[permission]}${message}`, {
      ...{ expected: close, suggestion: close },
    });
  };
  for (const way of fileWays) {
    const deny = denied(way);
    const by = deny && granting(profile, way.permission, way.path);
    if (by) report(way, by, deny, `, and ${way.how} (${way.name}).`);
  }
  // Whatever else docker-default denies: the shortest path for each of its rules.
  const mine = profile.model.table('file');
  const its = reference().table('file');
  if (typeof mine === 'string' || typeof its === 'string') return;
  const columns = (['read', 'write'] as const).flatMap((permission) =>
    letters[permission].flatMap((letter) =>
      ['owner', 'others'].map((side) => ({
        permission,
        index: mine.columns.indexOf(`${side} ${letter}`),
      })),
    ),
  );
  const compared = walkBoth(mine, its, isKernelPath, budget, (left, right, string) => {
    const refusals = its.grants(right);
    if (!refusals.some(({ decision }) => decision.rules.some(({ deny }) => deny))) return false;
    // What is granted is worked out from all rules that match.
    if (!budget.spend(50 * (1 + left.accepted.length))) return true;
    const grants = mine.grants(left);
    for (const { permission, index } of columns) {
      const [grant, refusal] = [grants[index] as Grant, refusals[index] as Grant];
      // What apparmor_parser adds for change_profile is about the process itself.
      if (!mayBeGranted(grant.decision) || refusal.decision.granted !== false) continue;
      const deny = refusal.decision.rules.find((one) => one.deny);
      const path = textOf(string);
      if (!deny || path.endsWith('/') || !exists(path)) continue;
      if (reported.has(key(deny, permission))) continue;
      report({ path, permission }, grant.decision.rules, deny, ', which docker-default denies.');
    }
    return false;
  });
  if (!compared || budget.exhausted) {
    const message = 'This profile is too complex to compare with docker-default in full.';
    context.report(profile.report.profile.name, message, {
      expected: 'fewer rules, or fewer wildcards in them',
    });
  }
}

function checkSockets(context: LintContext, profile: LintedProfile): void {
  for (const socket of controlSockets) {
    const by = granting(profile, 'write', socket);
    // A rule for everything is not about the socket; only mounting it into the container is.
    const everywhere = by && granting(profile, 'write', `/x${socket}`);
    const about = by?.filter((one) => !everywhere?.includes(one)) ?? [];
    if (about.length === 0) continue;
    const name = socket.slice(socket.lastIndexOf('/') + 1);
    const close = `deny ${socket} rw,`;
    context.report(
      place(profile, about),
      `${name}: anyone who can write to ${socket} can run programs with any privileges on the host.`,
      { expected: close, suggestion: close },
    );
  }
}

const harmless = compileLookedUp(harmlessMounts);
const cgroups = compileLookedUp(cgroupMounts);
const remounting = compileLookedUp(remounts);

/** A mounted cgroup hierarchy has a release_agent, and path rules say nothing of what is mounted elsewhere. */
function checkMounts(context: LintContext, profile: LintedProfile): void {
  const { budget, report } = context;
  const entries = profile.model.entries('mount');
  const hidden = profile.model.hidden(['mount']);
  if (typeof entries === 'string' || typeof hidden === 'string') return;
  const nothing = new Set(hidden.filter(({ all }) => all).map(({ rule }) => rule));
  const worst = new Map<EffectiveRule, number>();
  for (const { effective, permissions, pattern } of entries) {
    if (!effective?.own || effective.deny || nothing.has(effective)) continue;
    if (permissions.has('pivot_root')) worst.set(effective, 3);
    if (!permissions.has('mount')) continue;
    const automaton = compileLookedUp(pattern);
    if (!automaton || !budget.spend(20 * automaton.moves.length)) {
      budget.exhaust();
      return;
    }
    if (!harmless || covers([harmless], automaton, budget)) continue;
    const can = (other: Automaton | undefined) =>
      other !== undefined && intersects(automaton, other, budget);
    const rank = can(cgroups) ? 0 : can(remounting) ? 1 : 2;
    worst.set(effective, Math.min(rank, worst.get(effective) ?? rank));
  }
  for (const [{ rule }, rank] of worst) {
    const { name, how } = mountWays[rank] as (typeof mountWays)[number];
    report(rule, `${name}: ${how}.`, {
      expected: 'deny mount, or fstype= with the file systems it needs',
      suggestion: 'deny mount,',
    });
  }
}
