import { reservedName as reasonOf } from '../../reserved.ts';
import type { LintRule } from '../rule.ts';

export const reservedName: LintRule = {
  id: 'reserved-name',
  title: 'The name means something else',
  severity: 'error',
  text: 'The kernel, container runtimes and AppArmor’s tools take some names for something else than a profile: a container that is run with apparmor=unconfined has no profile at all, whatever is loaded under that name, and boot does not load a file whose name ends as a package manager’s leftovers do. A package can’t have such a name, nor that of a profile which a runtime makes itself: choose one that says what is confined.',
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
