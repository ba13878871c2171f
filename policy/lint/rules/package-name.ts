import { splitName } from '../../syntax/profile-head.ts';
import type { LintRule } from '../rule.ts';

export const packageName: LintRule = {
  id: 'package-name',
  title: 'The file must define exactly the package’s profiles',
  severity: 'error',
  text: 'Loading a file replaces every profile of the same name in the kernel. A package that defined a profile with another name would silently replace the confinement of another program. So a package defines the profiles that its signed manifest lists (profiles = ["man", "man_groff"]) or, without a list, the one with its own name. It defines no others, each only once, and none in a namespace. Children and hats belong to their parents and are not listed.',
  fires: 'abi <abi/3.0>,\nprofile sshd {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo {\n}\n',
  options: { packageName: 'demo' },
  always: true,
  check({ file, analysis, options, report }) {
    const { packageName: own, profiles: listed } = options;
    if (own === undefined || options.kind === 'abstraction') return;
    const wanted = listed ?? [own];
    const expected = listed
      ? 'the profiles that the manifest lists and nothing else'
      : `profile ${own} { … } and nothing else`;
    const missing = new Set(wanted);
    for (const { unit, profile, name } of analysis.profiles) {
      if (unit.name !== undefined) {
        const message = `The include ${unit.name} defines the profile ${name}.`;
        report({ start: 0, end: 0 }, message, { expected });
        continue;
      }
      const namespace = splitName(profile.name.value)?.namespace;
      if (namespace !== undefined)
        report(profile.name, `The profile is in the namespace ${namespace}.`, { expected });
      else if (profile.hat)
        report(profile.name, `${name} is a hat, not a profile of this package.`, { expected });
      else if (!missing.delete(name))
        report(
          profile.name,
          wanted.includes(name)
            ? `The profile ${name} is defined twice.`
            : listed
              ? `This defines the profile ${name}, which the manifest does not list.`
              : `This defines the profile ${name}, and the package is ${own}.`,
          { expected },
        );
    }
    // Without a list, a profile with another name is said to be that above.
    const isEmpty = analysis.profiles.every(({ unit }) => unit.name !== undefined);
    for (const name of listed || isEmpty ? missing : []) {
      const start = { start: 0, end: Math.min(1, file.text.length) };
      report(start, `The file does not define the profile ${name}.`, { expected });
    }
  },
};
