// A parsed text: the main file, or one that it includes.
import type { IncludedFile } from '../includes.ts';
import type { RawDiagnostic } from '../raw-diagnostic.ts';
import { newestRelease, type Release } from '../release.ts';
import { type ParseOptions, parseText } from '../syntax/parser.ts';
import type { PolicyFile, Profile } from '../syntax/tree.ts';
import { patternDiagnostics } from './summary.ts';

export interface Unit {
  file: PolicyFile;
  /** The path of an included file; absent for the main file. */
  name?: string;
  diagnostics: RawDiagnostic[];
  /** A file of the base policy, which is correct for the release that it came with. */
  base?: boolean;
}

/**
 * Parses the main file.
 *
 * @param body the name of a profile whose body the text is: that of an abstraction, which is checked as what it is for a
 * profile of its own. A tunable is checked as what stands before profiles.
 */
export function mainUnit(
  source: string,
  { target, rawBytes, body }: ParseOptions & { body?: string | undefined } = {},
): Unit {
  const { file: parsed, diagnostics } = parseText(source, { target, rawBytes });
  const file = body === undefined || isTunable(parsed) ? parsed : asBody(parsed, body);
  return { file, diagnostics: [...diagnostics, ...patternDiagnostics(file)] };
}

/** Whether a file only defines variables, as those in AppArmor's folder tunables do: profiles include it before they begin. */
export function isTunable({ statements }: PolicyFile): boolean {
  return (
    statements.some(({ kind }) => kind === 'variable' || kind === 'boolean') &&
    statements.every(({ kind }) => tunableStatements.has(kind))
  );
}

const tunableStatements: ReadonlySet<string> = new Set(['abi', 'include', 'variable', 'boolean']);

/** The file with its statements inside of a profile of that name; its abi stays the file's. */
function asBody(file: PolicyFile, name: string): PolicyFile {
  const start = { start: 0, end: 0 };
  const abis = file.statements.filter((one) => one.kind === 'abi');
  const profile: Profile = {
    ...{ kind: 'profile', hat: false, ...start, open: 0, blankBefore: false },
    name: { ...start, text: name, value: name, quoted: false },
    ...{ identities: [], closing: [] },
    body: file.statements.filter((one) => one.kind !== 'abi'),
  };
  return { ...file, statements: [...abis, profile] };
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
