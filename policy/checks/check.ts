// What a check of the language is, and what it sees.
import type { Explanation, RawDiagnostic } from '../raw-diagnostic.ts';
import type { SyntaxDiagnosticId } from '../syntax/diagnostics.ts';
import type { Range } from '../syntax/source.ts';
import type { Profile, Statement } from '../syntax/tree.ts';
import type { Context } from './context.ts';
import type { ProfileRules } from './profile-rules.ts';
import type { Head } from './summary.ts';
import type { ProfileVariables } from './symbols.ts';
import type { Unit } from './unit.ts';

/** A profile, hat or child, with the rules of what it includes and conditions evaluated. */
export interface CheckedProfile {
  /** As the kernel shows it: `:namespace:name`, children as `parent//child`. */
  name: string;
  /** The name of the profile around it. */
  parent: string | undefined;
  profile: Profile;
  unit: Unit;
  head: Head;
  rules: ProfileRules;
  variables: ProfileVariables;
}

/** The hooks of a check, called as the file is walked. */
export interface Visitor {
  /** A statement outside profiles; one that includes a file, after that file. */
  statement?(statement: Statement, unit: Unit, afterProfile: boolean): void;
  /** A profile, before its children. */
  profile?(profile: CheckedProfile): void;
  /** The end of the main file. */
  end?(): void;
}

/** Reports a diagnostic of a check under one of its own ids, or under one that the parser reports too. */
export type Report<Id extends string> = (
  unit: Unit,
  id: Id | SyntaxDiagnosticId,
  range: Range,
  message: string,
  more?: Partial<RawDiagnostic>,
) => void;

export interface Check<Id extends string = string> {
  /** What it reports, by id. The ids are part of the public interface. */
  diagnostics: Readonly<Record<Id, Explanation>>;
  /** Starts the check of one file. */
  create(context: Context, report: Report<Id>): Visitor;
}

/** Types `report` with the ids of the check. */
export function defineCheck<Id extends string>(check: Check<Id>): Check<Id> {
  return check;
}
