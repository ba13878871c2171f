import type { Abi, Include, Statement } from '../../syntax/tree.ts';
import type { LintRule } from '../rule.ts';

/** What a published profile may include from: the folders that hold no profiles. */
const folders = ['abstractions/', 'tunables/', 'local/'];

export const includePath: LintRule = {
  id: 'include-path',
  title: 'Include outside the include directories',
  severity: 'error',
  text: 'apparmor_parser runs as root when it reads a published profile on a host. The profile may only include abstractions, tunables and local additions: <abstractions/…>, <tunables/…>, <local/…>, without “..”. An absolute or quoted path depends on the machine, or reaches into it; other files in the include directories are profiles of the host, which would be loaded a second time.',
  fires: 'abi <abi/3.0>,\nprofile demo {\n  include "/etc/passwd"\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo {\n  include <abstractions/base>\n}\n',
  options: { packageName: 'demo' },
  always: true,
  check({ file, options, report }) {
    if (options.packageName === undefined) return;
    for (const include of includesOf(file.statements)) {
      if (include.kind === 'abi' && include.path === 'default') continue;
      const wrong =
        include.place !== 'magic'
          ? 'A published profile includes from the include directories only.'
          : include.path.startsWith('/')
            ? 'The path between < and > starts at the root.'
            : include.path.split('/').includes('..')
              ? 'The path leaves the include directories.'
              : include.kind === 'include' && !folders.some((one) => include.path.startsWith(one))
                ? 'A published profile includes abstractions, tunables and local additions only: other files there are profiles of the host, which would be loaded with it.'
                : undefined;
      if (wrong)
        report(include.target, wrong, {
          expected: `<path>, where the path starts with ${folders.join(', ')} and has no ..`,
        });
    }
  },
};

/** Every include and abi statement of a file, however deep. */
export function includesOf(statements: readonly Statement[]): (Include | Abi)[] {
  const found: (Include | Abi)[] = [];
  const stack = [statements];
  for (let list = stack.pop(); list; list = stack.pop()) {
    for (const one of list) {
      if (one.kind === 'include' || one.kind === 'abi') found.push(one);
      else if (one.kind === 'profile' || one.kind === 'block') stack.push(one.body);
      else if (one.kind === 'conditional') {
        for (
          let part: typeof one | typeof one.otherwise = one;
          part;
          part = part.kind === 'conditional' ? part.otherwise : undefined
        )
          stack.push(part.body);
      }
    }
  }
  return found.sort((a, b) => a.start - b.start);
}
