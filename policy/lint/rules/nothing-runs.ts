import { languageSeverity } from '../../diagnostics.ts';
import { samplePath } from '../../glob/aare.ts';
import { unreadIncludes } from '../../model/model.ts';
import type { ProfileModel } from '../../model/profile-model.ts';
import { type FilePermission, fileRules, letters } from '../file-rules.ts';
import type { LintContext, LintedProfile, LintRule } from '../rule.ts';

/** Abstractions without a rule that lets a program run: what they hold matters not here when they were not read. */
const withoutExec = new Set(
  ['base', 'consoles', 'nameservice', 'openssl', 'ssl_certs', 'ssl_keys', 'user-tmp'].map(
    (name) => `<abstractions/${name}>`,
  ),
);

export const nothingRuns: LintRule = {
  id: 'nothing-runs',
  title: 'No program can run under this profile',
  severity: 'warning',
  text: 'What no rule allows is denied; deny rules only remove what other rules allow. A container profile that lets no program run stops every container at its first exec. A host profile that lets no file be read or mapped stops the program it is attached to. Add `file,`, as docker-default does, or rules for the programs, such as `/usr/sbin/nginx ix,`.',
  fires:
    'abi <abi/3.0>,\nprofile docker-demo flags=(attach_disconnected) {\n  deny /etc/shadow r,\n}\n',
  clean:
    'abi <abi/3.0>,\nprofile docker-demo flags=(attach_disconnected) {\n  file,\n  deny /etc/shadow rw,\n  deny /proc/{*,[^0-9]**} wklx,\n  deny /proc/{kcore,kmem,mem,sysrq-trigger} rwklx,\n  deny /sys/** rwklx,\n}\n',
  options: { kind: 'container' },
  check(context) {
    const { analysis, profiles, report } = context;
    // A rule that could not be parsed may be the one that lets a program run.
    const { units } = analysis;
    if (units.some((unit) => unit.diagnostics.some((one) => languageSeverity(one) === 'error')))
      return;
    const unread = unreadIncludes(analysis).filter((one) => !one.startsWith('<tunables/'));
    for (const profile of profiles) {
      const { model, container, report: its } = profile;
      if (model.parent !== undefined || !['enforce', 'kill'].includes(model.mode)) continue;
      if (container) {
        if (unread.some((one) => !withoutExec.has(one))) continue;
        if (letsRun(model) && permitsAny(context, profile, ['exec'])) continue;
        report(its.profile.name, 'No rule lets a program run, so no container can start.', {
          expected: '`file,`, or rules with x for the programs',
        });
      } else if (model.attachment !== undefined) {
        if (unread.length > 0 || permitsAny(context, profile, ['read', 'mmap'])) continue;
        report(
          its.profile.name,
          'No rule lets a file be read or mapped, so no program can start.',
          {
            expected: 'rules with r or m for the program and its libraries',
          },
        );
      }
    }
  },
};

/** Whether a rule lets a program run; abstractions/base does for a user's own files in ~/.Private alone. */
function letsRun({ rules }: ProfileModel): boolean {
  return rules.some(
    ({ rule, deny, unit }) =>
      !deny &&
      !unit.name?.endsWith('/abstractions/base') &&
      (rule.kind === 'file-all' ||
        rule.kind === 'all' ||
        (rule.kind === 'file' && rule.permissions.exec !== undefined)),
  );
}

/** The maximum length of a pattern that is tried first, in characters: what is longer matches hardly any path. */
const maxSampled = 4096;

/** Whether one of these permissions is granted on some path, or may be: what is not known may be. */
function permitsAny(
  context: LintContext,
  profile: LintedProfile,
  permissions: readonly FilePermission[],
): boolean {
  const { model } = profile;
  // What the user is asked for may be granted.
  if (model.rules.some(({ qualifiers }) => qualifiers.effect?.value === 'prompt')) return true;
  // Most often the first rules settle it, and the others need not be looked at.
  for (const one of fileRules(context, profile).all.slice(0, 20)) {
    const permission = permissions.find((its) => one.permissions.has(its));
    const { pattern } = one.outline;
    if (!permission || one.effective.deny || pattern.length > maxSampled) continue;
    const path = samplePath(pattern);
    if (model.file(letters[permission], path).owner.granted) return true;
  }
  return permissions.some((permission) =>
    [true, false].some((owner) => model.example(letters[permission], owner) !== 'none'),
  );
}
