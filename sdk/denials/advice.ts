// What can be done about a finding: which rule decided, and the narrowest that would allow it.
import {
  type Access,
  check,
  type EffectiveProfile,
  type Evaluation,
  escaped,
  evaluate,
  isRule,
  isRuleFor,
  narrowestRule,
  parse,
} from '../../policy/index.ts';
import { fieldOf } from './event.ts';
import type { Finding } from './finding.ts';
import { generaliser, procStart, tunables } from './generalise.ts';
import { hostProfilesOf } from './label.ts';
import { permits } from './permits.ts';
import { type Explanation, explanationsOf, neededFlag } from './puzzles.ts';

/** A rule to add. */
export interface Suggestion {
  rule: string;
  /** What it permits, a sentence each. */
  permits: string[];
}

export interface Advice {
  /** What the profile says now; `undefined` when its text is not at hand. */
  evaluation: Evaluation | undefined;
  /** A flag that the profile needs besides. */
  flag: string | undefined;
  /** Absent when no rule would help: nothing was refused, or a deny rule stands against it. */
  suggestion: Suggestion | undefined;
  explanations: Explanation[];
  /** Why there is no rule for what was refused, as the second half of a sentence; absent where all else says it. */
  noRule?: string;
}

/** Types of events after which the process did not get, or in enforce mode would not have got, what it asked for. */
const refusals = new Set(['DENIED', 'ALLOWED', 'KILLED', 'ERROR']);

/** Reasons of the kernel's own: no rule changes them. */
const noRuleHelps = new Set(['profile-not-loaded', 'transition-not-found', 'no-such-hat']);

export interface AdviceOptions {
  generalise?: boolean;
  /** What the profile includes and was not found. */
  missing?: readonly string[];
}

/** Advice on a finding, from the profile that ruled where its text is at hand. */
export function adviseOn(
  finding: Finding,
  profile: EffectiveProfile | undefined,
  { generalise = false, missing: lacking = [] }: AdviceOptions = {},
): Advice {
  const { access, missing, doubled, type } = finding;
  const isWhole = missing === undefined && doubled === undefined;
  const explanations = explanationsOf(finding, profile !== undefined);
  const evaluated = profile && access && evaluate(profile, access);
  // What is denied stays so, whatever else is included.
  const isUnsure = lacking.length > 0 && evaluated !== undefined && evaluated.outcome !== 'denied';
  const evaluation = evaluated && isUnsure ? { ...evaluated, unsure: true } : evaluated;
  if (isUnsure) explanations.push(missingInclude(lacking));
  const needed = neededFlag(finding);
  const flag = needed && !profile?.flags.includes(needed) ? needed : undefined;
  const hopeless =
    !refusals.has(type) ||
    !isWhole ||
    isUnruled(finding) ||
    explanations.some(({ id }) => noRuleHelps.has(id)) ||
    // Only that a program runs on in the same profile is possible then.
    (access?.kind !== 'file' && explanations.some(({ id }) => id === 'no-new-privileges')) ||
    evaluation?.outcome === 'denied' ||
    evaluation?.outcome === 'allowed';
  // Only a rule that sets a limit refuses more: that rule is the one to change.
  const raised = access?.kind === 'rlimit' && refusals.has(type) && isWhole;
  const suggestion =
    access && (!hopeless || raised) ? suggest(access, profile, generalise) : undefined;
  const noRule = suggestion || hopeless ? undefined : unsayable(finding);
  return { evaluation, flag, suggestion, explanations, ...(noRule !== undefined && { noRule }) };
}

function missingInclude(names: readonly string[]): Explanation {
  const files = names.join(', ');
  const [are, they] = names.length > 1 ? ['are', 'they'] : ['is', 'it'];
  return {
    id: 'missing-include',
    text: `The profile includes ${files}, which ${are} missing here: what ${they} may allow or deny is not counted here.`,
  };
}

/** Why rules have no words for what was asked for. */
function unsayable({ access, event, operation }: Finding): string {
  const numbered = (word: string) => /^unknown\((\d+)\)$/.exec(word)?.[1] ?? word;
  const family = fieldOf(event, 'family');
  if (family !== undefined && !isSaid({ kind: 'network', family, type: 'stream' })) {
    return `socket family ${numbered(family)} has no name in rules`;
  }
  const type = fieldOf(event, 'sock_type');
  if (type !== undefined && !isSaid({ kind: 'network', family: 'unix', type })) {
    return `socket type ${numbered(type)} has no name in rules, and a rule without one allows every type`;
  }
  if (access?.kind === 'signal' && !isSaid({ ...access, access: ['send'] })) {
    return `signal ${numbered(access.signal)} has no name in rules, and a rule without one allows every signal`;
  }
  if (
    access?.kind === 'unix' &&
    access.access.every((one) => isSaid({ ...access, access: [one] }))
  ) {
    return 'it asks for what has another end and for what has none, which no rule of one line can allow';
  }
  if (access?.kind === 'mqueue' && access.name === undefined) {
    return 'the line does not name the message queue, and a rule without a name allows every queue';
  }
  if (
    (access?.kind === 'file' || access?.kind === 'link') &&
    fieldOf(event, 'name')?.includes('//')
  ) {
    return 'no path of the kernel has // in it, and no rule matches one that has';
  }
  if (operation === 'link' && access === undefined) {
    return 'a link may not have more permissions than the profile gives for the file it is made of: compare the rules for both paths';
  }
  if (access === undefined)
    return `the line does not say what a rule for ${operation ?? 'it'} needs`;
  return `a word of this ${operation ?? access.kind} has no name in rules`;
}

/** Whether rules have words for this. */
function isSaid(access: Access): boolean {
  return narrowestRule(access) !== undefined;
}

/** Whether all its profiles allow everything, or are of another namespace than the host's. */
function isUnruled(finding: Finding): boolean {
  const isNamed = finding.profile !== undefined || finding.namespace !== undefined;
  return isNamed && hostProfilesOf(finding).length === 0;
}

function suggest(
  access: Access,
  profile: EffectiveProfile | undefined,
  generalise: boolean,
): Suggestion | undefined {
  const declares = (variable: string) => profile?.declares(variable) ?? false;
  const { pattern, replaced } = generalise
    ? generaliser(declares)
    : {
        pattern: (text: string) => (declares('PROC') ? procStart(escaped(text)) : escaped(text)),
        replaced: [],
      };
  const rule = narrowestRule(access, pattern);
  if (rule === undefined || !isRuleOf(rule, access)) return undefined;
  const needs = /@\{(PROC|pid|tid)\}/.test(rule) && !declares('PROC');
  return {
    rule,
    permits: [
      ...permits(access, replaced),
      ...(needs ? [`It needs "${tunables}" at the head of the profile's file.`] : []),
    ],
  };
}

/**
 * Whether this is one rule, of the kind that was asked for, that every profile may have. What the kernel logs makes
 * such a rule; what somebody else has written into a log may not.
 */
function isRuleOf(rule: string, access: Access): boolean {
  const text = `profile p {\n  ${rule}\n}\n`;
  const { file } = parse(text);
  // What declares the variables of a pattern is the profile's file.
  const { diagnostics } = check(text.replace(/@\{\w+\}/g, '/x'));
  if (diagnostics.some(({ severity }) => severity === 'error')) return false;
  const [profile, ...others] = file.statements;
  if (profile?.kind !== 'profile' || others.length > 0 || profile.body.length !== 1) return false;
  const [found] = profile.body;
  return found !== undefined && isRule(found) && isRuleFor(access, found);
}
