import type { PolicyFile, Statement } from '../syntax/tree.ts';

/** What {@link capabilitiesOf} calls the rules that allow every capability. */
export const everyCapability = 'all';

/**
 * The capabilities that a file's own rules allow in any of its profiles, each once, in order; what its includes
 * allow is not among them. A rule that names none allows all: `all`.
 */
export function capabilitiesOf(file: PolicyFile): string[] {
  const found = new Set<string>();
  collect(file.statements, found);
  return [...found].sort();
}

function collect(statements: readonly Statement[], found: Set<string>): void {
  for (const statement of statements) {
    switch (statement.kind) {
      case 'profile':
        collect(statement.body, found);
        break;
      case 'block':
        if (statement.qualifiers.effect?.value !== 'deny') collect(statement.body, found);
        break;
      case 'conditional':
        collect(statement.body, found);
        if (statement.otherwise?.kind === 'conditional') collect([statement.otherwise], found);
        else if (statement.otherwise) collect(statement.otherwise.body, found);
        break;
      case 'capability':
        if (statement.qualifiers.effect?.value === 'deny') break;
        for (const { value } of statement.words) found.add(value);
        if (statement.words.length === 0) found.add(everyCapability);
        break;
      case 'all':
        if (statement.qualifiers.effect?.value !== 'deny') found.add(everyCapability);
        break;
    }
  }
}
