import { error } from '../raw-diagnostic.ts';
import { defineCheck } from './check.ts';

/** Each profile has its own name, and a child its keyword. */
export const profileNames = defineCheck({
  diagnostics: {
    'duplicate-profile': error(
      'Profile defined twice',
      'Two profiles or hats of the same name in one place: loading one would silently replace the other.',
      'profile demo {\n}\nprofile demo {\n}\n',
    ),
    'child-profile': error(
      'Child profile without its keyword',
      'Inside a profile, a child needs the keyword profile or hat before its name.',
      'profile demo {\n  /bin/sh {\n  }\n}\n',
      'profile demo {\n  profile /bin/sh {\n  }\n}\n',
    ),
  },
  create(_context, report) {
    const names = new Set<string>();
    return {
      profile({ profile, name, parent, unit }) {
        // As apparmor_parser compares them: as written, and among the children of one profile.
        const key = `${parent ?? ''}\0${profile.name.value}`;
        if (names.has(key)) {
          report(
            unit,
            'duplicate-profile',
            profile.name,
            `${profile.hat ? 'The hat' : 'The profile'} ${name} is already defined.`,
            { expected: 'another name' },
          );
        } else names.add(key);
        if (parent !== undefined && !profile.hat && !profile.keyword) {
          report(
            unit,
            'child-profile',
            profile.name,
            'A profile inside a profile needs the keyword "profile".',
            {
              expected: `profile ${profile.name.text}`,
              fix: { start: profile.start, end: profile.start, text: 'profile ' },
            },
          );
        }
      },
    };
  },
});
