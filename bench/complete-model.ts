// A model with all its tables, and a text that permits a little more, for the benchmark of models.
import { type IncludeResolver, type Model, model } from '../policy/index.ts';
import { tableClasses } from '../policy/model/profile-model.ts';

/** Computes a model with every table. */
export function completeModel(text: string, resolver: IncludeResolver): Model {
  const found = model(text, { resolver });
  for (const profile of found.profiles) for (const of of tableClasses) profile.table(of);
  return found;
}

/** The same policy with one more rule at the end of its first profile. */
export const withOneMoreRule = (text: string): string =>
  text.replace(/^\}/m, '  /etc/bench-example r,\n}');
