// The values of variables, as a file and its includes set them.
import { analyse } from '../checks/analyse.ts';
import { headVariables } from '../checks/symbols.ts';
import { mainUnit } from '../checks/unit.ts';
import type { IncludeResolver } from '../includes.ts';
import type { Release } from '../release.ts';

/** How many values are worked out in full. */
const maxValues = 50;

export interface VariableValues {
  /** As they are written, in order. */
  values: readonly string[];
  /** With the variables in them replaced; undefined if that is not known, or they are more than 50. */
  expanded: readonly string[] | undefined;
}

/** The values of every variable that a file and its includes declare, by name; `of` works them out when asked. */
export function variablesOf(
  source: string,
  options: { resolver?: IncludeResolver; target?: Release } = {},
): { names: readonly string[]; of: (name: string) => VariableValues | undefined } {
  const { symbols } = analyse(mainUnit(source, options), options);
  return {
    names: [...symbols.variables.keys()],
    of: (name) => {
      const variable = symbols.variables.get(name);
      const expanded = variable && symbols.valuesOf(name, headVariables, maxValues);
      return variable && { values: variable.values, expanded };
    },
  };
}
