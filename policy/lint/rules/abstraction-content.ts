import { fileSince } from '../../base-policy.ts';
import { isTunable } from '../../checks/unit.ts';
import { isOfPackage } from '../../dependency-path.ts';
import type { LintRule } from '../rule.ts';
import { includesOf } from './include-path.ts';

export const abstractionContent: LintRule = {
  id: 'abstraction-content',
  title: 'An abstraction has rules only, or variables only',
  severity: 'error',
  text: 'The file of a package with kind = "abstraction" is included by the profiles of other packages, and every rule in it counts for each of them. So it has rules and conditions, and includes abstractions of AppArmor and of its own dependencies. Profiles, children and hats would be defined by every profile that includes it; aliases stand before profiles; what an administrator adds in local/ belongs to one profile. A file that defines only variables and booleans is a tunable: packages include it before their profiles, and it includes tunables.',
  fires: 'abi <abi/3.0>,\n/srv/** r,\nprofile demo {\n}\n',
  clean: 'abi <abi/3.0>,\n/srv/** r,\ninclude <abstractions/openssl>\n',
  options: { packageName: 'demo', kind: 'abstraction' },
  always: true,
  check({ file, analysis, options, report }) {
    if (options.kind !== 'abstraction') return;
    const expected = 'rules, and includes of abstractions';
    const folder = isTunable(file) ? 'tunables' : 'abstractions';
    for (const { profile, unit } of analysis.profiles.flatMap(({ children }) => children)) {
      const what = profile.hat ? 'hat' : 'profile';
      if (unit.name === undefined)
        report(profile.name, `An abstraction defines no ${what}.`, { expected });
      else
        report({ start: 0, end: 0 }, `The include ${unit.name} defines a ${what}.`, { expected });
    }
    for (const one of includesOf(file.statements)) {
      if (one.kind !== 'include' || one.place !== 'magic' || isOfPackage(one.path)) continue;
      if (one.path.startsWith(`${folder}/`) && fileSince(one.path) !== undefined) continue;
      report(one.target, `This includes ${folder} of AppArmor and dependencies.`, {
        expected: `<${folder}/…> of an AppArmor release`,
      });
    }
  },
};
