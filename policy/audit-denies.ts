// Makes the kernel log what the deny rules of a profile refuse, which it otherwise does not (apparmor.d(5), "deny").
import { parseText } from './syntax/parser.ts';
import type { Qualifiers, Statement } from './syntax/tree.ts';

/** A file whose deny rules are audited. */
export interface AuditedDenies {
  text: string;
  /** How many rules were given `audit`. */
  count: number;
}

/**
 * The text of a file with `audit` before each `deny` that is not audited, in its profiles, hats and children. It permits
 * the same. Rules of included files stay as they are.
 */
export function auditDenies(source: string): AuditedDenies {
  const edits: { start: number; end: number; text: string }[] = [];
  collect(parseText(source).file.statements, ({ audit, effect }) => {
    if (effect?.value !== 'deny') return;
    if (audit?.value === 'quiet') edits.push({ ...audit, text: 'audit' });
    else if (!audit) edits.push({ start: effect.start, end: effect.start, text: 'audit ' });
  });
  let text = '';
  let done = 0;
  for (const edit of edits.sort((a, b) => a.start - b.start)) {
    text += source.slice(done, edit.start) + edit.text;
    done = edit.end;
  }
  return { text: text + source.slice(done), count: edits.length };
}

function collect(statements: readonly Statement[], visit: (qualifiers: Qualifiers) => void): void {
  for (const one of statements) {
    if ('qualifiers' in one) visit(one.qualifiers);
    if ('body' in one) collect(one.body, visit);
    if (one.kind === 'conditional' && one.otherwise) collect([one.otherwise as Statement], visit);
  }
}
