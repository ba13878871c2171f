import { reservedName as reasonOf } from '../../reserved.ts';
import type { LintRule } from '../rule.ts';

export const reservedName: LintRule = {
  id: 'reserved-name',
  title: 'Reserved name',
  severity: 'error',
  text: 'The kernel, container runtimes and AppArmor’s tools give some names a meaning of their own: a container started with apparmor=unconfined has no profile at all, whatever is loaded under that name, and the boot scripts skip files with the suffixes of package managers’ leftovers. A package can’t have such a name, nor the name of a profile that a runtime generates. Choose a name that says what is confined.',
  fires: 'abi <abi/3.0>,\nprofile unconfined {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo {\n}\n',
  options: { packageName: 'demo' },
  always: true,
  check({ analysis, options, report }) {
    const { packageName, team } = options;
    if (packageName === undefined) return;
    const names = new Map<string, { start: number; end: number }>([
      [packageName, { start: 0, end: 0 }],
    ]);
    for (const { unit, profile, name } of analysis.profiles) {
      if (unit.name === undefined && !profile.hat) names.set(name, profile.name);
    }
    for (const [name, range] of names) {
      const reason = reasonOf(name, team);
      if (reason === undefined) continue;
      const message = `No package can define a profile "${name}": that ${reason}.`;
      report(range, message, { expected: 'another name' });
    }
  },
};
