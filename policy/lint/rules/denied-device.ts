import { fileRules, matchesPath } from '../file-rules.ts';
import type { LintContext, LintedProfile, LintRule } from '../rule.ts';

/** Devices that programs take for granted, and how they use them. */
const devices = [
  { path: '/dev/null', permission: 'w', use: 'written' },
  { path: '/dev/null', permission: 'r', use: 'read' },
  { path: '/dev/zero', permission: 'r', use: 'read' },
  { path: '/dev/random', permission: 'r', use: 'read' },
  { path: '/dev/urandom', permission: 'r', use: 'read' },
] as const;

export const deniedDevice: LintRule = {
  id: 'denied-device',
  title: 'A deny rule takes away a device that every program uses',
  severity: 'warning',
  text: 'Shells, entry points of images and health checks redirect output to /dev/null, and libraries read /dev/urandom. Denials by a deny rule are not logged, so the failures leave no trace. Exclude these devices from the rule.',
  fires:
    'abi <abi/3.0>,\nprofile docker-demo flags=(attach_disconnected) {\n  file,\n  deny /dev/** w,\n}\n',
  clean:
    'abi <abi/3.0>,\nprofile docker-demo flags=(attach_disconnected) {\n  file,\n  deny /dev/[^n]** w,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      const { model } = profile;
      if (model.mode === 'unconfined') continue;
      if (!model.rules.some(({ deny, own }) => deny && own)) continue;
      const found = new Map<
        unknown,
        { text: string; rule: (typeof model.rules)[number]['rule'] }
      >();
      for (const { path, permission, use } of devices) {
        const { others } = model.file(permission, path);
        const by = others.rules.find(({ deny, own }) => deny && own);
        // Where no rule would allow it either, the profile leaves devices out on purpose.
        if (
          !by ||
          others.granted !== false ||
          found.has(by) ||
          !isAllowed(context, profile, path, permission === 'w' ? 'write' : 'read')
        )
          continue;
        found.set(by, {
          text: `${path} can’t be ${use}, and the denial is not logged.`,
          rule: by.rule,
        });
      }
      for (const { text, rule } of found.values())
        context.report(rule, text, { expected: 'a deny rule that does not match it' });
    }
  },
};

/** Whether an allow rule matches, whatever deny rules say. */
function isAllowed(
  context: LintContext,
  profile: LintedProfile,
  path: string,
  permission: 'read' | 'write',
): boolean {
  return fileRules(context, profile)
    .allowing(permission)
    .someBeginning(path, context.budget, ({ outline }) =>
      matchesPath(outline, path, context.budget),
    );
}
