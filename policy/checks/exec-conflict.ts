import { error } from '../raw-diagnostic.ts';
import { changedIn, upTo } from '../release.ts';
import type { Alias } from '../syntax/tree.ts';
import { mergeSlashes, withAliases } from './aliases.ts';
import { type CheckedProfile, defineCheck, type Report } from './check.ts';
import type { Context } from './context.ts';
import {
  type Conflict,
  type ExecRule,
  execConflicts,
  prepareExecRules,
} from './exec-transitions.ts';
import { tooLong } from './patterns.ts';

/** Two rules that match the same program agree on the profile it gets. */
export const execConflict = defineCheck({
  diagnostics: {
    'exec-conflict': error(
      'Conflicting exec transitions',
      'Two rules match the same file and select different profiles for it when it runs. A rule without wildcards wins over patterns, since AppArmor 4.0 also one with no wildcards but classes such as [0-9]; between two patterns, or two such paths, neither takes precedence.',
      'profile demo {\n  /usr/bin/a* px,\n  /usr/bin/*b ix,\n}\n',
      'profile demo {\n  /usr/bin/a* px,\n  /usr/bin/[^a]*b ix,\n}\n',
    ),
    'exec-conflict-older': {
      title: 'Exec transitions that conflict in older releases',
      severity: 'info',
      text: 'AppArmor 4.0 and later treat a path whose only wildcards are classes such as [0-9] (not [^0-9], * or ?) as exact, so that it wins over patterns. Up to 3.1 it is a pattern like any other, and two patterns that match the same file with different transitions are refused. The profile needs AppArmor 4.0.',
      example: 'profile demo {\n  /usr/bin/* Px,\n  /usr/bin/perl[0-9] ix,\n}\n',
    },
  },
  create(context, report) {
    const { budget, dialect, target } = context;
    const aliases: Alias[] = [];
    return {
      statement(statement) {
        if (statement.kind === 'alias') aliases.push(statement);
      },
      profile(profile) {
        const rules = prepareExecRules(expandedRules(profile, aliases, context, report));
        const add = (conflict: Conflict, id: Ids, more: string) =>
          reportConflict(conflict, id, more, profile, context, report);
        const { classesAreExact } = dialect;
        const accepted = ` AppArmor ${upTo('classesAreExact')} accept it.`;
        for (const conflict of execConflicts(
          rules,
          budget,
          classesAreExact ? 'classes are exact' : 'classes are patterns',
        )) {
          const mixed = conflict.first.wildcard !== conflict.second.wildcard;
          add(conflict, 'exec-conflict', classesAreExact && mixed ? accepted : '');
        }
        if (target !== undefined) return;
        for (const conflict of execConflicts(rules, budget, 'classes against patterns')) {
          context.differsBefore('classesAreExact');
          add(
            conflict,
            'exec-conflict-older',
            ` From AppArmor ${changedIn('classesAreExact')} on the one without * and ? wins; ${upTo('classesAreExact')} refuse it.`,
          );
        }
      },
    };
  },
});

type Ids = 'exec-conflict' | 'exec-conflict-older';

/** The rules of a profile that let programs run, with their paths expanded, and what aliases make of them. */
function expandedRules(
  { rules, variables }: CheckedProfile,
  aliases: readonly Alias[],
  { symbols, budget }: Context,
  report: Report<Ids>,
): ExecRule[] {
  const found: ExecRule[] = [];
  // Many rules may have one long path.
  const merged = new Map<string, string>();
  for (const { rule, owner, priority, unit } of rules.exec) {
    const expanded =
      rule.kind === 'file'
        ? symbols.expand(rule.path.value, variables)
        : { ok: true as const, text: '/{**,}' };
    if (!expanded.ok) {
      if (expanded.reason === 'limit') report(unit, 'limit', rule, ...tooLong);
      continue;
    }
    const copies = withAliases(expanded.text, undefined, aliases, budget);
    if (!copies) break;
    for (const [copy] of copies) {
      const path = merged.get(copy) ?? mergeSlashes(copy);
      merged.set(copy, path);
      found.push({ rule, owner, priority, file: unit.file, path });
    }
  }
  return found;
}

function reportConflict(
  conflict: Conflict,
  id: Ids,
  more: string,
  { unit }: CheckedProfile,
  { units }: Context,
  report: Report<Ids>,
): void {
  // Of a rule of this file and one of an include, the one here is reported.
  const swap = conflict.first.file === unit.file && conflict.second.file !== unit.file;
  const first = swap ? conflict.second : conflict.first;
  const second = swap ? conflict.first : conflict.second;
  const mode = second.rule.kind === 'file' ? second.rule.mode : second.rule.keyword;
  const other = first.rule.kind === 'file' ? first.rule.path.text : 'file';
  report(
    units.get(second.file) ?? unit,
    id,
    mode,
    `This says ${second.shown}, but the rule for ${other} says ${first.shown}, and both match some file.${more}`,
    { expected: 'the same transition in both, or patterns that do not overlap' },
  );
}
