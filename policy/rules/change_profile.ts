// Leaving a profile for another, or being confined by both (apparmor.d(5), "change_profile rules").
import { escaped, quoted } from '../glob/literal.ts';
import { type Cursor, PATH } from '../syntax/cursor.ts';
import type { RuleBase, Word } from '../syntax/nodes.ts';
import { checkTarget } from '../syntax/profile-head.ts';
import { endOfRule } from '../syntax/rule-end.ts';
import { pathWord } from './file.ts';
import { refuseComments } from './keyword-rule.ts';
import type { RuleHead, RuleKind } from './kind.ts';

const BACKSLASH = 92;

export interface ChangeProfileRule extends RuleBase {
  kind: 'change_profile';
  keyword: Word;
  execMode?: Word;
  exec?: Word;
  target?: Word;
}

/** To be confined by another profile. */
export interface ChangeProfileAccess {
  kind: 'change_profile';
  target: string;
  /** To be confined by it as well, and not by it instead (aa_stack_profile(2)). */
  stack?: boolean | undefined;
}

/** Reads `[[safe|unsafe] exec] [-> target]` after the keyword. */
function readRule(cursor: Cursor, parts: RuleHead): ChangeProfileRule | undefined {
  const name = cursor.peekName();
  const execMode = name === 'safe' || name === 'unsafe' ? cursor.name('keyword') : undefined;
  cursor.skip();
  // Here an escape may stand for the / at the start.
  const exec = cursor.peek() === BACKSLASH ? cursor.wordHere(PATH, 'path') : pathWord(cursor);
  if (exec?.text.startsWith('\\') && !exec.value.startsWith('/')) {
    cursor.report('syntax', exec, `"${exec.text}" is not a path.`, {
      expected: 'a path that starts with / or a variable',
    });
  }
  let target: Word | undefined;
  if (cursor.take('->', 'operator')) {
    cursor.blankAfterArrow();
    target = cursor.word(PATH, 'name');
    if (!target) {
      cursor.report('syntax', { start: cursor.pos, end: cursor.pos + 1 }, 'Nothing follows "->".', {
        expected: 'the name of a profile',
      });
      return undefined;
    }
    checkTarget(target, cursor.report.bind(cursor));
  }
  if (execMode && !exec) {
    cursor.report(
      'change-profile',
      execMode,
      `"${execMode.value}" says how the program is started, so it needs a program.`,
      {
        expected: 'the path of a program after it',
      },
    );
  }
  return {
    ...parts,
    kind: 'change_profile',
    ...(execMode && { execMode }),
    ...(exec && { exec }),
    ...(target && { target }),
    end: cursor.last,
  };
}

export const change_profile: RuleKind<ChangeProfileRule, ChangeProfileAccess> = {
  nodes: ['change_profile'],
  keywords: ['change_profile'],
  parse(cursor, head) {
    const rule = readRule(cursor, head);
    cursor.next(',');
    refuseComments(cursor, head.keyword);
    return endOfRule(cursor, rule);
  },
  print({ keyword, execMode, exec, target }) {
    const words = [keyword, execMode, exec].filter((one) => one !== undefined);
    return [...words.map(({ text }) => text), ...(target ? [`-> ${target.text}`] : [])];
  },
  visitWords({ exec, target }, visit) {
    if (exec) visit(exec, true);
    if (target) visit(target, true);
  },
  class: 'domain',
  permissions: () => ['change_profile'],
  accesses: ['change_profile'],
  narrowest({ target, stack }) {
    const name = quoted(escaped(target));
    const stacked = name.startsWith('"') ? `"&${name.slice(1)}` : `&${name}`;
    return ['change_profile', '->', stack ? stacked : name];
  },
  operations: /^(change_profile|change_onexec|stack|stack_onexec)$/,
  requested({ operation, field }) {
    const target = field('target') ?? field('name');
    if (target === undefined) return undefined;
    return { kind: 'change_profile', target, stack: operation.startsWith('stack') };
  },
  required: () => [['name']],
  describe: ({ target, stack }) =>
    stack
      ? `be confined by ${target} as well as by this profile`
      : `leave this profile for ${target}`,
};
