import { splitName } from '../../syntax/profile-head.ts';
import type { LintRule } from '../rule.ts';

export const packageName: LintRule = {
  id: 'package-name',
  title: 'The file must define exactly its own profile',
  severity: 'error',
  text: 'Loading a file replaces every profile of the same name in the kernel. A package that defined a profile with another name would silently replace the confinement of another program, so a package defines one profile: its own, in no namespace.',
  fires: 'abi <abi/3.0>,\nprofile sshd {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo {\n}\n',
  options: { packageName: 'demo' },
  always: true,
  check({ file, analysis, options, report }) {
    const name = options.packageName;
    if (name === undefined) return;
    const expected = `profile ${name} { … } and nothing else`;
    const main = analysis.profiles.filter((one) => one.unit.name === undefined);
    for (const foreign of analysis.profiles.filter((one) => one.unit.name !== undefined)) {
      report(
        { start: 0, end: 0 },
        `The include ${foreign.unit.name} defines the profile ${foreign.name}.`,
        { expected },
      );
    }
    if (main.length === 0)
      report(
        { start: 0, end: Math.min(1, file.text.length) },
        `The file does not define the profile ${name}.`,
        { expected },
      );
    let found = false;
    for (const { profile, name: shown } of main) {
      const parts = splitName(profile.name.value);
      if (shown === name && !parts?.namespace && !profile.hat && !found) found = true;
      else if (parts?.namespace)
        report(profile.name, `The profile is in the namespace ${parts.namespace}.`, { expected });
      else if (profile.hat)
        report(profile.name, `${shown} is a hat, not the profile of this package.`, { expected });
      else
        report(profile.name, `This defines the profile ${shown}, and the package is ${name}.`, {
          expected,
        });
    }
  },
};
