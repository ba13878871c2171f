// Walks a tree, for what looks at a file as it is written: conditions are not evaluated and includes are not read.
import type { ElseBlock, Include, PolicyFile, Statement } from './tree.ts';

/** The lists of statements inside of a statement, in order. */
function bodiesOf(statement: Statement | ElseBlock): readonly Statement[][] {
  switch (statement.kind) {
    case 'profile':
    case 'block':
    case 'else':
      return [statement.body];
    case 'conditional': {
      const { body, otherwise } = statement;
      return [body, ...(otherwise ? bodiesOf(otherwise) : [])];
    }
    default:
      return [];
  }
}

/** The statements that a statement holds directly, in order: of a conditional, those of all its branches. */
export function statementsIn(statement: Statement): readonly Statement[] {
  return bodiesOf(statement).flat();
}

/** Calls `visit` for every statement of a file in order, with those around it, the outermost first. */
export function visitStatements(
  { statements }: Pick<PolicyFile, 'statements'>,
  visit: (statement: Statement, around: readonly Statement[]) => void,
): void {
  const around: Statement[] = [];
  const visitAll = (list: readonly Statement[]) => {
    for (const one of list) {
      visit(one, around);
      around.push(one);
      visitAll(statementsIn(one));
      around.pop();
    }
  };
  visitAll(statements);
}

/** The statements at an offset, the outermost first. One ends before the character after it, but for a cursor there. */
export function statementsAt(file: PolicyFile, offset: number): Statement[] {
  const found: Statement[] = [];
  let list: readonly Statement[] = file.statements;
  for (;;) {
    const one = list.findLast(({ start }) => start <= offset);
    if (!one || one.end < offset) return found;
    found.push(one);
    list = statementsIn(one);
  }
}

/** The includes of a file, wherever they stand, in order. */
export function includesOf(file: PolicyFile): Include[] {
  const found: Include[] = [];
  visitStatements(file, (one) => {
    if (one.kind === 'include') found.push(one);
  });
  return found;
}
