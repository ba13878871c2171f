// What an `if` decides (apparmor.d(5), "Conditionals").
import { type Explanation, error, type RawDiagnostic } from '../raw-diagnostic.ts';
import type { Conditional, ElseBlock, Expression, Word } from '../syntax/tree.ts';
import { variableName } from '../syntax/variables.ts';
import { declaration } from '../tunables.ts';
import type { Symbols } from './symbols.ts';

export const conditionDiagnostics = {
  'undefined-boolean': error(
    'Boolean that is not declared',
    'A condition tests a boolean that is not set; `defined $X` tests whether it is.',
    'profile demo {\n  if $X {\n    /etc/hosts r,\n  }\n}\n',
    '$X = true\nprofile demo {\n  if $X {\n    /etc/hosts r,\n  }\n}\n',
  ),
  'comparison-type': error(
    'Number compared with text',
    'The order of a number and a text is not defined.',
    'profile demo {\n  if 10 < /srv {\n    /etc/hosts r,\n  }\n}\n',
  ),
} as const satisfies Record<string, Explanation>;

/** The block whose rules count; a condition that is not known is taken to hold. */
export function takenBlock(
  conditional: Conditional,
  symbols: Symbols,
  diagnostics: RawDiagnostic[],
): Conditional | ElseBlock | undefined {
  let taken: Conditional | ElseBlock | undefined;
  for (
    let one: Conditional | ElseBlock | undefined = conditional;
    one;
    one = one.kind === 'conditional' ? one.otherwise : undefined
  ) {
    // Each is evaluated, whichever is taken: an undeclared boolean is an error everywhere.
    const value = one.kind === 'conditional' ? evaluate(one.test, symbols, diagnostics) : true;
    if (value !== false) taken ??= one;
  }
  return taken;
}

/** True, false, or undefined when it depends on a file that was not seen. */
export function evaluate(
  expression: Expression,
  symbols: Symbols,
  diagnostics: RawDiagnostic[],
): boolean | undefined {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'group':
      return evaluate(expression.operand, symbols, diagnostics);
    case 'not': {
      const value = evaluate(expression.operand, symbols, diagnostics);
      return value === undefined ? undefined : !value;
    }
    case 'and':
    case 'or': {
      // Every operand is evaluated: an undeclared boolean is an error anywhere.
      const values = expression.operands.map((one) => evaluate(one, symbols, diagnostics));
      const deciding = expression.kind === 'or';
      if (values.includes(deciding)) return deciding;
      return values.includes(undefined) ? undefined : !deciding;
    }
    case 'defined': {
      const { text } = expression.variable;
      const name = variableName(text);
      if (text.startsWith('$') && !symbols.definedIsWhetherSet)
        return evaluate({ ...expression, kind: 'boolean' }, symbols, diagnostics);
      if (text.startsWith('$'))
        return symbols.booleans.has(name) || (symbols.open ? undefined : false);
      return symbols.variables.has(name) || (symbols.maySet(name) ? undefined : false);
    }
    case 'boolean': {
      const name = variableName(expression.variable.text);
      if (!symbols.booleans.has(name) && !symbols.open) {
        diagnostics.push({
          id: 'undefined-boolean',
          start: expression.start,
          end: expression.end,
          message: `Nothing sets ${expression.variable.text}.`,
          expected: `${expression.variable.text} = true or false before the first profile`,
        });
      }
      return symbols.booleans.get(name);
    }
    case 'compare':
      return compare(expression, symbols, diagnostics);
  }
}

function operand(word: Word, symbols: Symbols, diagnostics: RawDiagnostic[]): string[] | undefined {
  // Quotes make no difference, and @{X}/y is no variable but a text.
  if (!/^@(?:\{[A-Za-z]\w*\}|[A-Za-z]\w*)$/.test(word.value)) return [word.value];
  const name = variableName(word.value);
  const values = symbols.variables.get(name)?.values;
  if (!values && !symbols.maySet(name)) {
    diagnostics.push({
      id: 'undefined-variable',
      start: word.start,
      end: word.end,
      message: `Nothing declares ${word.text}.`,
      expected: declaration(name, `${word.text} = … before the first profile`),
    });
  }
  return values;
}

function number(values: readonly string[]): number | undefined {
  const [only] = values;
  return values.length === 1 && only !== undefined && /^[+-]?\d+(\.\d+)?$/.test(only)
    ? Number(only)
    : undefined;
}

function compare(
  expression: Extract<Expression, { kind: 'compare' }>,
  symbols: Symbols,
  diagnostics: RawDiagnostic[],
): boolean | undefined {
  const left = operand(expression.left, symbols, diagnostics);
  const right = operand(expression.right, symbols, diagnostics);
  if (!left || !right) return undefined;
  const { operator } = expression;
  // A variable with many values may occur in many conditions.
  if (!symbols.budget.spend(left.length + right.length)) return undefined;
  if (operator === 'in' || operator === '==' || operator === '!=') {
    const others = new Set(right);
    const within = left.every((one) => others.has(one));
    if (operator === 'in') return within;
    return (left.length === right.length && within) === (operator === '==');
  }
  const a = number(left);
  const b = number(right);
  if ((a === undefined) !== (b === undefined)) {
    diagnostics.push({
      id: 'comparison-type',
      start: expression.start,
      end: expression.end,
      message: `${expression.left.text} and ${expression.right.text} cannot be ordered: one is a number, the other is not.`,
      expected: 'two numbers, or two texts',
    });
    return undefined;
  }
  const order =
    a !== undefined && b !== undefined
      ? a - b
      : left.join(' ') < right.join(' ')
        ? -1
        : left.join(' ') > right.join(' ')
          ? 1
          : 0;
  return operator === '<'
    ? order < 0
    : operator === '>'
      ? order > 0
      : operator === '<='
        ? order <= 0
        : order >= 0;
}
