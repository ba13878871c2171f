// Profiles as the kernel has them: their own rules and those of what they include, with conditions decided.

import { analyse, type ProfileReport } from '../checks/analyse.ts';
import type { Unit } from '../checks/unit.ts';
import type { IncludeResolver } from '../includes.ts';
import { parseText } from '../syntax/parser.ts';
import { splitFlag } from '../syntax/profile-head.ts';
import type { Profile } from '../syntax/tree.ts';
import { usualTunables } from '../tunables.ts';
import { type EffectiveRule, effectiveRules } from './effective-rule.ts';

/** A profile, hat or child with every rule that counts for it. */
export interface EffectiveProfile {
  /** As the kernel shows it: `:namespace:name`, children as `parent//child`. */
  name: string;
  /** Its node in the tree of the file. */
  profile: Profile;
  /** The names of its flags, such as `complain` and `attach_disconnected`. */
  flags: readonly string[];
  rules: readonly EffectiveRule[];
  /** The text with its variables replaced; `undefined` when they are not known. */
  expand: (text: string) => string | undefined;
  /** Whether its file, or what that includes, declares this variable. */
  declares: (variable: string) => boolean;
}

/**
 * Every profile that a policy defines, children after their parents. Never throws: what can't be read is left out, as
 * are included files where there is no `resolver`; variables of the tunables that AppArmor ships then have their usual
 * values.
 */
export function effectiveProfiles(source: string, resolver?: IncludeResolver): EffectiveProfile[] {
  const { file, diagnostics } = parseText(source);
  const main: Unit = { file, diagnostics };
  const { profiles, symbols } = analyse(main, { resolver });
  const found: EffectiveProfile[] = [];
  const add = (report: ProfileReport) => {
    const { name, profile, variables } = report;
    found.push({
      name,
      profile,
      flags: profile.flags?.values.map((word) => splitFlag(word.value).name) ?? [],
      rules: report.rules.flatMap(({ statements, unit }) =>
        effectiveRules(statements, {}, unit, unit === main),
      ),
      expand(text) {
        const expanded = symbols.expand(text, variables, usualTunables);
        return expanded.ok ? expanded.text : undefined;
      },
      declares: (variable) => symbols.variables.has(variable),
    });
    for (const child of report.children) add(child);
  };
  for (const report of profiles) add(report);
  return found;
}
