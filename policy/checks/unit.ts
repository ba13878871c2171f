// A parsed text: the main file, or one that it includes.
import type { IncludedFile } from '../includes.ts';
import type { RawDiagnostic } from '../raw-diagnostic.ts';
import { newestRelease, type Release } from '../release.ts';
import { type ParseOptions, parseText } from '../syntax/parser.ts';
import type { PolicyFile } from '../syntax/tree.ts';
import { patternDiagnostics } from './summary.ts';

export interface Unit {
  file: PolicyFile;
  /** The path of an included file; absent for the main file. */
  name?: string;
  diagnostics: RawDiagnostic[];
  /** A file of the base policy, which is correct for the release that it came with. */
  base?: boolean;
}

/** Parses the main file. */
export function mainUnit(source: string, { target, rawBytes }: ParseOptions = {}): Unit {
  const { file, diagnostics } = parseText(source, { target, rawBytes });
  return { file, diagnostics: [...diagnostics, ...patternDiagnostics(file)] };
}

const included = new WeakMap<IncludedFile, Map<Release, Unit>>();

/** Parses an included file once for each target; all analyses share the result. */
export function includedUnit(file: IncludedFile, target: Release = newestRelease): Unit {
  const units = included.get(file) ?? new Map<Release, Unit>();
  included.set(file, units);
  let unit = units.get(target);
  if (!unit) {
    unit = { ...mainUnit(file.source, { target }), name: file.file };
    units.set(target, unit);
  }
  return unit;
}
