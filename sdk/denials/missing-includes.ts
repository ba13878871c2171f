// What a profile includes and is not found: what that allows or denies is not known.
import { check, type IncludeResolver, type Profile } from '../../policy/index.ts';

/** Finds the includes that a profile of a text lacks. */
export type MissingIncludes = (profile: Profile) => string[];

/**
 * Of a policy's text, the files that are included and not found, as they are written there, such as
 * `<abstractions/base>`: those of the profile itself, and those that an included file includes in turn.
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
