// Describes what a rule permits.
import { type Access, describeAccess } from '../../policy/index.ts';
import type { Generalised } from './generalise.ts';

/**
 * Describes what the narrowest rule for an access permits, one sentence each, with `replaced` also what its patterns
 * match beyond the request.
 */
export function describePermissions(
  access: Access,
  replaced: readonly Generalised[] = [],
): string[] {
  return [
    `The profile's processes may ${describeAccess(access)}.`,
    ...replaced.map(
      ({ text, pattern }) => `${meaning(pattern)} is allowed in place of "${text}" (${pattern}).`,
    ),
  ];
}

function meaning(pattern: string): string {
  const meanings: Readonly<Record<string, string>> = {
    '@{pid}': 'Every process id',
    '@{tid}': 'Every thread id',
    '@{HOME}': "Every user's home, root's too,",
    '/home/*': "Every user's home",
    '[0-9]*': 'Every name that starts with a digit',
  };
  if (pattern.includes(']-[')) return 'Every UUID';
  if (/^\[0-9(?:a-f|A-F)\]\[/.test(pattern)) {
    return 'Every name that starts with six hexadecimal digits';
  }
  return meanings[pattern] ?? 'Every name';
}
