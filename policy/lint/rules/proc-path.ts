import { patternsOf } from '../patterns.ts';
import type { LintRule } from '../rule.ts';
import { includesOf } from './include-path.ts';

const places: readonly (readonly [string, string])[] = [['/proc/', '@{PROC}/']];

export const procPath: LintRule = {
  id: 'proc-path',
  title: 'A literal path instead of a variable',
  severity: 'info',
  text: 'Use @{PROC}, which <tunables/global> declares, for /proc: a host that mounts it elsewhere changes the tunable, and rules with the literal path no longer match.',
  fires:
    'abi <abi/3.0>,\ninclude <tunables/global>\nprofile demo /usr/bin/demo {\n  /proc/meminfo r,\n}\n',
  clean:
    'abi <abi/3.0>,\ninclude <tunables/global>\nprofile demo /usr/bin/demo {\n  @{PROC}/meminfo r,\n}\n',
  check({ file, profiles, report }) {
    const tunables = includesOf(file.statements).some(
      (one) => one.kind === 'include' && /^tunables\/(global|proc)$/.test(one.path),
    );
    for (const word of patternsOf(profiles)) {
      const place = places.find(([path]) => word.value.startsWith(path));
      if (!place) continue;
      const [path, variable] = place;
      const start = word.start + (word.quoted ? 1 : 0);
      report(
        { start, end: start + path.length },
        `${path} is spelled out where ${variable} is meant.`,
        {
          expected: variable,
          suggestion: variable + word.value.slice(path.length),
          ...(tunables && { fix: { start, end: start + path.length, text: variable } }),
        },
      );
    }
  },
};
