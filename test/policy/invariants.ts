// Invariants of every text, also of malformed ones.
import {
  type CheckResult,
  type Diagnostic,
  explain,
  format,
  lint,
  parse,
  render,
  tokens,
} from '../../policy/index.ts';
import { commentsOf, shapeOf } from './shape.ts';

/** Parses, lints, formats and renders a text; returns the violated invariants. */
export function violations(text: string): string[] {
  const wrong: string[] = [];
  const start = process.threadCpuUsage();
  const inside = (where: string, { id, span }: Diagnostic) => {
    const { start, end } = span;
    if (!(start.offset >= 0 && start.offset <= end.offset && end.offset <= text.length))
      wrong.push(`${where}: ${id} lies at ${start.offset} to ${end.offset}`);
    if (start.line < 1 || start.column < 1) wrong.push(`${where}: ${id} has no line or column`);
    if (!explain(id)) wrong.push(`${where}: ${id} is not explained`);
  };
  const results: [string, { diagnostics: Diagnostic[] } & Partial<CheckResult>][] = [
    ['parse', parse(text)],
    ['lint', lint(text)],
    ['package', lint(text, { packageName: 'p' })],
    ['target', lint(text, { target: '3.0' })],
  ];
  for (const [where, { diagnostics, ok }] of results) {
    for (const one of diagnostics) {
      inside(where, one);
      if (one.fix) inside(`${where}, fix`, { ...one, span: one.fix.span });
      if (one.file === undefined && render(one, text).length > 4000)
        wrong.push(`${where}: ${one.id} is shown with ${render(one, text).length} characters`);
    }
    if (ok !== undefined && ok !== diagnostics.every((one) => one.severity !== 'error'))
      wrong.push(`${where}: ok is ${ok}`);
  }
  const formatted = format(text);
  const again = format(formatted.text);
  if (again.text !== formatted.text) wrong.push('format is not stable');
  if (formatted.diagnostics.every((one) => one.severity !== 'error')) {
    if (shapeOf(formatted.text) !== shapeOf(text)) wrong.push('format changes the policy');
    if (commentsOf(formatted.text).join() !== commentsOf(text).join())
      wrong.push('format changes comments');
  }
  if (
    again.diagnostics.filter((one) => one.severity === 'error').length !==
    formatted.diagnostics.filter((one) => one.severity === 'error').length
  )
    wrong.push('format changes what is wrong');
  let last = 0;
  for (const token of tokens(text)) {
    if (token.start < last || token.end <= token.start || token.end > text.length)
      wrong.push(`token ${token.kind} at ${token.start}`);
    last = token.end;
  }
  const { user, system } = process.threadCpuUsage(start);
  const time = Math.round((user + system) / 1000);
  if (time > 1000) wrong.push(`took ${time} ms`);
  return wrong;
}
