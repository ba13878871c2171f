// Where a file names variables and booleans.
import { variableEndAt } from '../glob/aare.ts';
import type { Range } from '../syntax/source.ts';
import type { Expression, PolicyFile, Word } from '../syntax/tree.ts';
import { isRule } from '../syntax/tree.ts';
import { variableName } from '../syntax/variables.ts';
import { visitStatements } from '../syntax/walk.ts';
import { visitHeadWords, visitRuleWords } from '../syntax/words.ts';

/** A place where a variable or a boolean is named, as `@{NAME}`, `@NAME`, `${NAME}` or `$NAME`. */
export interface VariableOccurrence extends Range {
  /** Without sigil and braces. */
  name: string;
  /** `@` for a variable, `$` for a boolean: two things, even of one name. */
  sigil: '@' | '$';
  /** Where the name alone is. */
  nameRange: Range;
  /** It is given a value here, or more values. */
  declares: boolean;
}

/** Every place of a file that names a variable or a boolean, in order. */
export function variableOccurrences(file: PolicyFile): VariableOccurrence[] {
  const { text } = file;
  const found: VariableOccurrence[] = [];
  const add = ({ start, end }: Range, declares: boolean) => {
    const written = text.slice(start, end);
    const sigil = written[0];
    if (sigil !== '@' && sigil !== '$') return;
    const name = variableName(written);
    const nameStart = start + (written[1] === '{' ? 2 : 1);
    const nameRange = { start: nameStart, end: nameStart + name.length };
    found.push({ start, end, name, sigil, nameRange, declares });
  };
  const addWord = (word: Word) => {
    const written = text.slice(word.start, word.end);
    for (let at = written.indexOf('@{'); at >= 0; at = written.indexOf('@{', at + 2)) {
      const end = variableEndAt(written, at);
      if (end > 0) add({ start: word.start + at, end: word.start + end }, false);
    }
  };
  const addExpression = (one: Expression): void => {
    if (one.kind === 'defined' || one.kind === 'boolean') add(one.variable, false);
    else if (one.kind === 'compare') for (const word of [one.left, one.right]) addWord(word);
    else if ('operands' in one) for (const operand of one.operands) addExpression(operand);
    else if ('operand' in one) addExpression(one.operand);
  };
  visitStatements(file, (one) => {
    switch (one.kind) {
      case 'variable':
        add(one.nameWord, true);
        for (const value of one.values) addWord(value);
        break;
      case 'boolean':
        add(one.nameWord, true);
        addExpression(one.value);
        break;
      case 'alias':
        for (const word of [one.from, one.to]) addWord(word);
        break;
      case 'profile':
        visitHeadWords(one, addWord);
        break;
      case 'conditional':
        for (let part = one; part; ) {
          addExpression(part.test);
          if (part.otherwise?.kind !== 'conditional') break;
          part = part.otherwise;
        }
        break;
      default:
        if (isRule(one)) visitRuleWords(one, addWord);
    }
  });
  return found.sort((a, b) => a.start - b.start);
}
