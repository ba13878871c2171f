// Link rules (apparmor.d(5), "Link rules").
import { quoted } from '../glob/literal.ts';
import { type Cursor, PATH } from '../syntax/cursor.ts';
import type { RuleBase, Word } from '../syntax/nodes.ts';
import { endOfRule } from '../syntax/rule-end.ts';
import { filePath, isOnePath, type LinkAccess } from './file.ts';
import type { RuleHead, RuleKind } from './kind.ts';
import { type AuditRecord, attached, deniedField, ownerOf } from './record.ts';

export interface LinkRule extends RuleBase {
  kind: 'link';
  keyword: Word;
  subset?: Word;
  path: Word;
  target: Word;
}

/** Reads `[subset] path -> target` after the keyword `link`. */
function readRule(cursor: Cursor, parts: RuleHead): LinkRule | undefined {
  const subset = cursor.peekName() === 'subset' ? cursor.name('keyword') : undefined;
  const path = filePath(cursor);
  const arrow = path && cursor.take('->', 'operator');
  if (arrow) cursor.refuseComment();
  const target = arrow && cursor.word(PATH, 'path');
  if (!path || !target) {
    cursor.report(
      'syntax',
      { start: cursor.pos, end: cursor.pos + 1 },
      'A link rule names the link and what it points to.',
      {
        expected: !path
          ? 'the path of the link'
          : arrow
            ? 'the path it points to'
            : '"->" and the path it points to',
      },
    );
    return undefined;
  }
  return { ...parts, kind: 'link', ...(subset && { subset }), path, target, end: cursor.last };
}

export const link: RuleKind<LinkRule, LinkAccess> = {
  nodes: ['link'],
  keywords: ['link'],
  reserves: ['subset'],
  owned: true,
  parse: (cursor, head) => endOfRule(cursor, readRule(cursor, head)),
  print: ({ keyword, subset, path, target }) => [
    keyword.text,
    ...(subset ? [subset.text] : []),
    ...[path.text, `-> ${target.text}`],
  ],
  visitWords({ path, target }, visit) {
    visit(path, true);
    visit(target, true);
  },
  class: 'file',
  permissions: () => ['l'],
  accesses: ['link'],
  narrowest({ path, target, owner }, pattern) {
    if (!isOnePath(path) || !isOnePath(target)) return undefined;
    const words = ['link', quoted(pattern(path)), '->', quoted(pattern(target))];
    return owner ? ['owner', ...words] : words;
  },
  // A record without a target can only be about the file.
  logs: ({ operation, field }) =>
    operation === 'link' && (Boolean(field('target')) || !asksForLink(field)),
  requested(record) {
    const { field } = record;
    const [path, target] = [field('name'), field('target')];
    // Without l, the link is allowed and has more permissions than its target: a rule for the link changes nothing.
    if (!path || !target || !asksForLink(field)) return undefined;
    return { kind: 'link', path: attached(path), target: attached(target), owner: ownerOf(record) };
  },
  required: () => [deniedField, ['fsuid'], ['ouid']],
  describe: ({ path, target, owner }) =>
    `give ${target} the further name ${path}${owner ? ' where they own it' : ''}`,
};

function asksForLink(field: AuditRecord['field']): boolean {
  return (field('denied_mask') ?? field('requested_mask') ?? '').includes('l');
}
