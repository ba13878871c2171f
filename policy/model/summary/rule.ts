// What one rule of a file permits or denies.
import { Budget } from '../../budget.ts';
import type { Unit } from '../../checks/unit.ts';
import { kindOf, type Rule } from '../../rules/kinds.ts';
import type { PolicyFile, Profile, Statement } from '../../syntax/tree.ts';
import { permissionTables, type TableClass } from '../classes/classes.ts';
import type { UnknownReason } from '../decision.ts';
import { type ModelOptions, modelOf } from '../model.ts';
import type { SummaryLine } from './lines.ts';
import { summarize } from './summary.ts';

/** What a rule says, as if its profile had no other. */
export interface RuleSummary {
  /** The lines are what it denies, and not what it permits. */
  denies: boolean;
  /** What it is about; empty if it is about nothing, or a limit. */
  lines: readonly SummaryLine[];
  /** Whether the abi of the file asks the kernel to mediate it; else it has no effect. */
  mediated: boolean;
  /** Why it is not known what it says, or not all of it. */
  unknown: UnknownReason | undefined;
}

/** The steps that summarizing one rule may cost, `file,` as well. */
const ruleSteps = 30_000_000;

/**
 * Summarizes a rule as if it stood alone in its profile, with the preamble of the file. Qualifiers that deny or log are
 * left aside.
 *
 * @param around the profile that it stands in; undefined for one of an included file
 */
export function summarizeRule(
  file: PolicyFile,
  rule: Rule,
  around: Profile | undefined,
  options: ModelOptions = {},
): RuleSummary {
  const { owner } = rule.qualifiers;
  const qualifiers = { words: owner ? [owner] : [], ...(owner && { owner }) };
  const preamble = file.statements.filter(({ kind }) => preambleKinds.has(kind));
  // An exec transition may lead to a child.
  const children = (around?.body ?? []).flatMap((one): Statement[] =>
    one.kind === 'profile' ? [{ ...one, body: [] }] : [],
  );
  const profile: Profile = {
    ...{ kind: 'profile', hat: false, start: rule.start, end: rule.end, open: rule.start },
    ...{ blankBefore: false, identities: [], closing: [], name: around?.name ?? unnamed },
    ...(around?.attachment && { attachment: around.attachment }),
    body: [{ ...rule, qualifiers }, ...children],
  };
  const unit: Unit = {
    file: { text: file.text, statements: [...preamble, profile] },
    diagnostics: [],
  };
  const budget = new Budget(ruleSteps);
  const model = modelOf(unit, { ...options, presume: true, budget });
  const [first] = summarize({ ...model, profiles: model.profiles.slice(0, 1) }, budget);
  const { class: of } = kindOf(rule);
  return {
    denies: rule.qualifiers.effect?.value === 'deny',
    lines: (first?.lines ?? []).filter(({ topic }) => topic !== 'not-mediated'),
    unknown: first?.unknown.find((one) => one.class === of)?.reason,
    mediated: !isTable(of) || model.profiles[0]?.mediates(of) !== false,
  };
}

const preambleKinds: ReadonlySet<Statement['kind']> = new Set([
  ...(['abi', 'alias', 'boolean', 'include', 'variable'] as const),
]);

const unnamed = { start: 0, end: 0, text: 'profile', value: 'profile', quoted: false };

const isTable = (of: string): of is TableClass =>
  of === 'file' || Object.hasOwn(permissionTables, of);
