import { variableSince, variablesOf } from '../base-policy.ts';
import { error } from '../raw-diagnostic.ts';
import type { Range } from '../syntax/source.ts';
import type { Variable } from '../syntax/tree.ts';
import { declaration, globalTunables, usualTunables } from '../tunables.ts';
import { defineCheck, type Report } from './check.ts';
import type { Context } from './context.ts';
import { headVariables, type ProfileVariables } from './symbols.ts';
import type { Unit } from './unit.ts';

/** Declares the variables of the preamble, and looks up those that profiles use. */
export const variables = defineCheck({
  diagnostics: {
    'duplicate-variable': error(
      'Variable set twice',
      'A variable is set once with =, += adds values, := replaces them and ?= sets it only if it is not set yet.',
      '@{DIR} = /srv\n@{DIR} = /opt\n',
      '@{DIR} = /srv\n@{DIR} += /opt\n',
    ),
    'undefined-variable': error(
      'Variable that is not declared',
      'Neither this file nor what it includes sets this variable before it is needed. Most variables, those of the abstractions too, come from <tunables/global>: include it before the first profile.',
      'profile demo {\n  @{HOME}/x r,\n}\n',
      'include <tunables/global>\nprofile demo {\n  @{HOME}/x r,\n}\n',
    ),
    'cyclic-variable': error(
      'Variable that contains itself',
      'Expanding this variable would never end.',
      '@{A} = @{B}\n@{B} = @{A}\nprofile demo {\n  /@{A} r,\n}\n',
    ),
  },
  create(context, report) {
    const missing = new MissingTunables(context, report);
    return {
      statement(statement, unit) {
        if (statement.kind === 'variable') assign(statement, unit, context, report);
        else if (statement.kind === 'include' && statement.place === 'magic')
          declareUnseen(statement.path, context);
      },
      profile({ head, rules, unit, variables }) {
        for (const [name, range] of head.variables)
          resolve(name, { range, unit }, headVariables, context, report, missing);
        for (const [name, place] of rules.variables)
          resolve(name, place, variables, context, report, missing);
      },
      end: () => missing.report(),
    };
  },
});

type Ids = 'duplicate-variable' | 'undefined-variable' | 'cyclic-variable';

/** Where a variable is mentioned. */
interface Place {
  range: Range;
  unit: Unit;
}

function assign(statement: Variable, unit: Unit, context: Context, report: Report<Ids>): void {
  const { symbols } = context;
  const { name, nameWord, operator } = statement;
  if (context.isLater(name, unit)) return;
  const known = symbols.variables.get(name);
  const values = statement.values.map((word) => word.value);
  symbols.changed();
  switch (operator.text) {
    case '=':
      if (known || symbols.unseen.has(name)) {
        report(unit, 'duplicate-variable', nameWord, `${nameWord.text} is already set.`, {
          expected: '+= to add values, or := to replace them',
        });
      } else symbols.variables.set(name, { values, conditional: false });
      break;
    case '+=':
      if (known) for (const value of values) known.values.push(value);
      else if (!symbols.maySet(name)) {
        report(
          unit,
          'undefined-variable',
          nameWord,
          `${nameWord.text} is not set yet, so += has nothing to add to.`,
          { expected: declaration(name, `${nameWord.text} = …`) },
        );
      }
      break;
    case '?=':
      if (!known && !symbols.unseen.has(name))
        symbols.variables.set(name, { values, conditional: true });
      break;
    case ':=':
      symbols.variables.set(name, { values, conditional: false });
  }
}

/** Notes the variables that the target's tunables file of this name declares and this machine's does not. */
function declareUnseen(path: string, { namedBase, symbols }: Context): void {
  if (namedBase === undefined) return;
  for (const name of variablesOf(path, namedBase)) {
    if (!symbols.variables.has(name)) symbols.unseen.add(name);
  }
}

function resolve(
  name: string,
  { range, unit }: Place,
  own: ProfileVariables,
  context: Context,
  report: Report<Ids>,
  missing: MissingTunables,
): void {
  const found = context.symbols.resolve(name, own);
  if (found.ok || context.isLater(found.name, unit)) return;
  const through = found.name === name ? '' : ` (through @{${name}})`;
  if (found.reason === 'cyclic') {
    report(unit, 'cyclic-variable', range, `@{${found.name}} contains itself${through}.`, {
      expected: 'values that end',
    });
    return;
  }
  if (missing.add(found.name, { range, unit })) return;
  const since = variableSince(found.name);
  const late = own === headVariables && /^(profile_name|attach_path|exec_path)$/.test(found.name);
  report(
    unit,
    'undefined-variable',
    range,
    late
      ? `@{${found.name}} is not known before the profile has its name and path${through}.`
      : `Nothing declares @{${found.name}}${through}.`,
    {
      expected: late
        ? 'the name itself'
        : `an include that declares it${since ? `, such as tunables of AppArmor ${since} or later` : ''}, or @{${found.name}} = …`,
    },
  );
}

/** Variables that are undeclared because <tunables/global> is not included, and where the main file needs each. */
class MissingTunables {
  readonly #context: Context;
  readonly #report: Report<Ids>;
  readonly #missing = new Map<string, { range: Range; file: string | undefined }>();

  constructor(context: Context, report: Report<Ids>) {
    this.#context = context;
    this.#report = report;
  }

  /** Notes an undeclared variable; false when <tunables/global> would not declare it, or is included. */
  add(name: string, { range, unit }: Place): boolean {
    const { main, units, includedAt } = this.#context;
    const here = unit === main ? range : includedAt.get(unit);
    if (!here || (unit === main && !Object.hasOwn(usualTunables, name))) return false;
    if ([...units.values()].some((one) => `/${one.name}`.endsWith(`/${globalTunables}`)))
      return false;
    const known = this.#missing.get(name);
    if (!known || known.range.start > here.start)
      this.#missing.set(name, { range: here, file: unit.name });
    return true;
  }

  /** Reports once, where the main file first needs it, that <tunables/global> is missing. */
  report(): void {
    const [first, ...others] = [...this.#missing].sort(
      ([, a], [, b]) => a.range.start - b.range.start,
    );
    if (!first) return;
    const [name, { range, file }] = first;
    const used = file === undefined ? '' : `, which ${file} uses`;
    const [second] = others;
    const many = others.length > 1 ? `${others.length} more variables` : `@{${second?.[0]}}`;
    const more = second ? `, nor ${many}` : '';
    this.#report(
      this.#context.main,
      'undefined-variable',
      range,
      `Nothing declares @{${name}}${used}${more}: the file does not include <${globalTunables}>.`,
      { expected: declaration(name) },
    );
  }
}
