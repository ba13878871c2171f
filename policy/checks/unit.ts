// A parsed text: the main file, or one that it includes.
import type { IncludedFile } from '../includes.ts';
import type { Problem } from '../problem.ts';
import { parseText } from '../syntax/parser.ts';
import type { PolicyFile } from '../syntax/tree.ts';
import { patternProblems } from './summary.ts';

export interface Unit {
  file: PolicyFile;
  /** The path of an included file; absent for the main file. */
  name?: string;
  problems: Problem[];
  /** A file of the base policy, which is correct for the release that it came with. */
  base?: boolean;
}

/** Parses the main file. */
export function mainUnit(source: string): Unit {
  const { file, problems } = parseText(source);
  return { file, problems: [...problems, ...patternProblems(file)] };
}

const included = new WeakMap<IncludedFile, Unit>();

/** Parses an included file once; all analyses share the result. */
export function includedUnit(file: IncludedFile): Unit {
  let unit = included.get(file);
  if (!unit) {
    unit = { ...mainUnit(file.source), name: file.file };
    included.set(file, unit);
  }
  return unit;
}
