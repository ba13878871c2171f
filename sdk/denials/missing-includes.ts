// Included files of a profile that are not found, whose rules are unknown.
import { check, type IncludeResolver, type Profile } from '../../policy/index.ts';

/** Finds the missing includes of a profile in a text. */
export type MissingIncludes = (profile: Profile) => string[];

/**
 * The missing includes of a policy text as written, such as `<abstractions/base>`: the profile's own, and those of the
 * files it includes.
 */
export function missingIncludes(text: string, resolver: IncludeResolver): MissingIncludes {
  const missing = check(text, { resolver }).diagnostics.filter(
    ({ id }) => id === 'missing-include',
  );
  const nested = missing
    .filter(({ file }) => file !== undefined)
    .map(({ message }) => /<[^>]*>|"[^"]*"/.exec(message)?.[0] ?? 'an included file');
  const own = missing.filter(({ file }) => file === undefined);
  return (profile) => {
    const { start, end, body } = profile;
    const children = body.filter((one) => one.kind === 'profile');
    const here = own.filter(({ span }) => {
      const at = span.start.offset;
      return at >= start && at < end && !children.some((one) => at >= one.start && at < one.end);
    });
    const named = here.map(({ span }) => text.slice(span.start.offset, span.end.offset));
    return [...new Set([...named, ...nested])];
  };
}
