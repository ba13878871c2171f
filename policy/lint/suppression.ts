// `# lint-ignore rule-id: reason` after a rule, or on the line before a statement.
import type { Explanation, RawDiagnostic } from '../raw-diagnostic.ts';
import type { Range } from '../syntax/source.ts';
import type { Comment, PolicyFile, Statement } from '../syntax/tree.ts';

export const suppressionDiagnostics = {
  'lint-ignore': {
    title: 'Suppression that does nothing',
    severity: 'warning',
    text: 'A comment suppresses the findings of a lint rule on one rule of the profile: after that rule, or on the line before, it names the id and gives a reason: `# lint-ignore bare-network: the program is a network scanner`. Several ids are separated by spaces. Before a profile or a block, it applies to everything in it; at the end of the file, to the whole file. Errors, and what protects hosts, cannot be suppressed. `publish`, `show` and the catalog say how many findings are suppressed.',
  },
} as const satisfies Record<string, Explanation>;

export interface Suppression {
  ids: string[];
  reason: string;
  comment: Comment;
  /** What it applies to. */
  range: Range;
  used: boolean;
}

/** How many suppressions of one file count. */
const maxSuppressions = 1000;

/** How many rules one suppression names. */
const maxIds = 20;

/** Reads one comment; undefined when it is not a suppression. */
function read(comment: Comment, range: Range): Suppression | undefined {
  const text = comment.text.slice(1).trim();
  if (!text.startsWith('lint-ignore')) return undefined;
  const rest = text.slice('lint-ignore'.length);
  const colon = rest.indexOf(':');
  const ids = (colon < 0 ? rest : rest.slice(0, colon)).split(/[\s,]+/, maxIds).filter(Boolean);
  return {
    ids,
    reason: colon < 0 ? '' : rest.slice(colon + 1).trim(),
    comment,
    range,
    used: false,
  };
}

/** Every suppression of a file. */
export function suppressions(file: PolicyFile): Suppression[] {
  if (!file.text.includes('lint-ignore')) return [];
  const found: Suppression[] = [];
  const add = (comment: Comment | undefined, range: Range) => {
    const one = comment && found.length < maxSuppressions ? read(comment, range) : undefined;
    if (one) found.push(one);
  };
  const visit = (statements: readonly Statement[]) => {
    let pending: Comment[] = [];
    for (const statement of statements) {
      if (statement.kind === 'comment') {
        pending.push(statement);
        continue;
      }
      for (const comment of pending) add(comment, statement);
      pending = [];
      add(statement.trailing, statement);
      for (const comment of statement.inner ?? []) add(comment, statement);
      if (statement.kind === 'profile' || statement.kind === 'block') {
        add(statement.headComment, statement);
        visit(statement.body);
      } else if (statement.kind === 'conditional') {
        for (
          let part: typeof statement | typeof statement.otherwise = statement;
          part;
          part = part.kind === 'conditional' ? part.otherwise : undefined
        )
          visit(part.body);
      }
    }
    // At the end: a comment on the whole file.
    for (const comment of pending) add(comment, { start: 0, end: file.text.length });
  };
  visit(file.statements);
  return found;
}

/** Leaves out and counts what is suppressed, and reports suppressions that are wrong or do nothing. */
export function applySuppressions(
  diagnostics: readonly RawDiagnostic[],
  all: readonly Suppression[],
  known: ReadonlySet<string>,
  always: ReadonlySet<string>,
): { reported: RawDiagnostic[]; suppressed: number } {
  if (all.length === 0) return { reported: [...diagnostics], suppressed: 0 };
  const reported = diagnostics.filter((diagnostic) => {
    if (!known.has(diagnostic.id) || always.has(diagnostic.id)) return true;
    const hit = all.find(
      (one) =>
        one.reason !== '' &&
        one.ids.includes(diagnostic.id) &&
        one.range.start <= diagnostic.start &&
        diagnostic.end <= Math.max(one.range.end, one.comment.end),
    );
    if (hit) hit.used = true;
    return !hit;
  });
  const suppressed = diagnostics.length - reported.length;
  for (const one of all) {
    const report = (message: string, expected: string) =>
      reported.push({
        id: 'lint-ignore',
        start: one.comment.start,
        end: one.comment.end,
        message,
        expected,
      });
    const unknown = one.ids.find((id) => !known.has(id) || always.has(id));
    if (one.ids.length === 0)
      report('This suppression names no rule.', '# lint-ignore rule-id: why it is right here');
    else if (unknown !== undefined)
      report(
        always.has(unknown)
          ? `${unknown} protects hosts and cannot be suppressed.`
          : `Unknown lint rule ${unknown}.`,
        'the id of a lint rule',
      );
    else if (one.reason === '')
      report(
        'This suppression gives no reason, so it does nothing.',
        `# lint-ignore ${one.ids.join(' ')}: why it is right here`,
      );
    else if (!one.used)
      report(
        'This suppression has nothing to suppress.',
        'no comment, or the id of what is reported here',
      );
  }
  return { reported, suppressed };
}
