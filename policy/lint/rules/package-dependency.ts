import { includedPackage, isOfPackage } from '../../dependency-path.ts';
import type { Include } from '../../syntax/tree.ts';
import type { LintRule } from '../rule.ts';
import { includesOf } from './include-path.ts';

export const packageDependency: LintRule = {
  id: 'package-dependency',
  title: 'Include of a package that is no dependency',
  severity: 'error',
  text: 'Hosts install the abstraction of another package, abstractions/aa-registry/TEAM/NAME, for the packages that depend on it: its statement is signed, and the range of versions is in the manifest of the package that includes it. So a package includes exactly those that its manifest lists: dependencies = { "library/base-web" = "^1.2" }. An include of another one would fail on a host, or depend on what else is installed there. A dependency that is not included is a warning: it would be installed for nothing.',
  fires:
    'abi <abi/3.0>,\nprofile demo {\n  include <abstractions/aa-registry/library/base-web>\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo {\n  include <abstractions/base>\n}\n',
  options: { packageName: 'demo', dependencies: [] },
  always: true,
  check({ file, options, report }) {
    const { packageName, dependencies = [] } = options;
    if (packageName === undefined) return;
    const unused = new Set(dependencies);
    const includes = includesOf(file.statements).filter(
      (one): one is Include =>
        one.kind === 'include' && one.place === 'magic' && isOfPackage(one.path),
    );
    for (const { path, target } of includes) {
      const named = includedPackage(path);
      if (named === undefined)
        report(target, 'This does not include the abstraction of one package.', {
          expected: '<abstractions/aa-registry/TEAM/NAME>',
        });
      else if (!dependencies.includes(named))
        report(target, `The manifest does not list ${named} as a dependency.`, {
          expected: `dependencies = { "${named}" = "RANGE" } in the manifest`,
        });
      else unused.delete(named);
    }
    for (const path of unused) {
      const start = { start: 0, end: Math.min(1, file.text.length) };
      const expected = `include <abstractions/aa-registry/${path}>`;
      const message = `The manifest lists ${path} as a dependency, and the file does not include it.`;
      report(start, message, { expected, severity: 'warning' });
    }
  },
};
