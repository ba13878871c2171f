import type { Explanation } from '../raw-diagnostic.ts';
import type { Range } from '../syntax/source.ts';
import type { BooleanVariable, Variable, Word } from '../syntax/tree.ts';
import { defineCheck } from './check.ts';

const explanation: Explanation = {
  title: 'Comment after the values of a variable',
  severity: 'warning',
  text: 'Before AppArmor 4.0.2, apparmor_parser does not recognise a comment after the values of a variable: the # and the words after it become more values, so that every rule with the variable is compiled for them too. Where the words hold a comma, a ! or half a quote or bracket, it refuses the file. A comment on a line of its own works in every release.',
  example: '@{DIR} = /srv # data\nprofile demo {\n  @{DIR}/x r,\n}\n',
  corrected: '# data\n@{DIR} = /srv\nprofile demo {\n  @{DIR}/x r,\n}\n',
};

/** Reports comments after assignments, which some releases read as values. */
export const commentAfterValues = defineCheck({
  diagnostics: { 'comment-after-values': explanation },
  create: ({ target }, report) => ({
    statement(statement, unit) {
      if (unit.base || (statement.kind !== 'variable' && statement.kind !== 'boolean')) return;
      const comment = commentOf(statement);
      if (!comment || (target !== undefined && !comment.values)) return;
      const { text } = unit.file;
      const range = { start: statement.start, end: comment.end };
      const before = text.slice(text.lastIndexOf('\n', range.start) + 1, range.start);
      const assignment = text.slice(range.start, comment.start).trimEnd();
      const words = text.slice(comment.start, comment.end);
      // Moved away, it would leave no value or a backslash at the end of the line.
      const alone = statement.kind === 'variable' && statement.values[0]?.start === comment.start;
      const movable =
        before.trim() === '' && !alone && !words.includes('\n') && !assignment.endsWith('\\');
      report(
        unit,
        'comment-after-values',
        comment,
        comment.values && target !== undefined
          ? `AppArmor ${target} reads this # and the words after it as values of ${statement.nameWord.text}.`
          : statement.kind === 'variable'
            ? `Before AppArmor 4.0.2, this comment is read as more values of ${statement.nameWord.text}.`
            : 'Before AppArmor 4.0.2, apparmor_parser refuses a comment after a boolean.',
        {
          expected: 'the comment on a line of its own',
          ...(movable && { fix: { ...range, text: `${words}\n${before}${assignment}` } }),
        },
      );
    },
  }),
});

/** The comment after an assignment; with `values`, the words that this release reads in its place. */
function commentOf(
  statement: Variable | BooleanVariable,
): (Range & { values: boolean }) | undefined {
  const { trailing } = statement;
  if (trailing) return { start: trailing.start, end: trailing.end, values: false };
  if (statement.kind === 'boolean') return undefined;
  const { values } = statement;
  const first = values.findIndex(({ quoted, text }) => !quoted && text.startsWith('#'));
  if (first < 0) return undefined;
  const [from, to] = [values[first], values.at(-1)] as [Word, Word];
  return { start: from.start, end: to.end, values: true };
}
