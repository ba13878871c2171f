// What the model does not repeat of apparmor_parser, with the reasons.
import type { Release } from '../../policy/index.ts';

/** By release, the policies on which the model and the parser may differ (measured with 4.1.0 and 5.0.2). */
const unlike: Partial<Record<Release, readonly RegExp[]>> = {
  '4.1': [
    // Beside exec of other rules, it loses that `file` permits mapping, depending on what else there is.
    /^ *(?:priority=\S+ )?(?:audit )?(?:owner )?file,/m,
    // What denies getopt denies setopt only to the rules before it, and the reverse.
    /^ *deny unix .*[gs]etopt/m,
    // What logs the use of getopt also logs that of setopt by other rules, and the reverse.
    /^ *audit unix .*[gs]etopt/m,
  ],
  '5.0': [
    /^ *audit unix .*[gs]etopt/m,
    // Beside a change of profile to a name of one character, it loses what rules say of the path /.
    /^ *(?:priority=\S+ )?change_profile -> x,/m,
  ],
};

/** Whether the parser of a release is known to differ from the model on a policy. */
export const isUnlike = (source: string, release: Release): boolean =>
  unlike[release]?.some((one) => one.test(source)) ?? false;
