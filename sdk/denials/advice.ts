// Advice on a finding: the rule that decided, and the narrowest rule that would allow it.
import {
  type Access,
  check,
  type Evaluation,
  escaped,
  evaluate,
  isRule,
  isRuleFor,
  narrowestRule,
  type PolicyDifference,
  type ProfileModel,
  parse,
  permittedBeyond,
  type UnknownReason,
} from '../../policy/index.ts';
import { describePermissions } from './describe.ts';
import { fieldOf } from './event.ts';
import { eventOf, type Finding } from './finding.ts';
import { generaliser, procStart, tunables } from './generalise.ts';
import { type Explanation, explanationsOf, neededFlag } from './hints.ts';
import { hostProfilesOf } from './label.ts';

/** A rule to add. */
export interface Suggestion {
  rule: string;
  /** What it permits, one sentence each. */
  permits: string[];
}

/** What a suggested rule would permit in the profile beyond the request; or why that is not known. */
export type Beyond = readonly PolicyDifference[] | UnknownReason;

/** As {@link permittedBeyond}, for the suggested rule; `undefined` without one, or without the profile. */
export function beyondRequest(
  { access }: Finding,
  { suggestion }: Advice,
  profile: ProfileModel | undefined,
): Beyond | undefined {
  return access && suggestion && profile && permittedBeyond(profile, access, suggestion.rule);
}

export interface Advice {
  /** What the profile says now; `undefined` if its text is not available. */
  evaluation: Evaluation | undefined;
  /** A flag that the profile needs as well. */
  flag: string | undefined;
  /** Absent if no rule would help: nothing was refused, or a deny rule refuses it. */
  suggestion: Suggestion | undefined;
  explanations: Explanation[];
  /** Why there is no rule for the refusal, as the second half of a sentence; absent if the notes explain it. */
  noRule?: string;
}

/** Types of events for which enforce mode refuses the request. */
const refusals = new Set(['DENIED', 'ALLOWED', 'KILLED', 'ERROR']);

/** Reasons for a refusal that no rule changes. */
const noRuleHelps = new Set(['profile-not-loaded', 'transition-not-found', 'no-such-hat']);

export interface AdviceOptions {
  generalise?: boolean;
  /** Included files that were not found. */
  missing?: readonly string[];
}

/** Advice on a finding, from the text of its profile where available. */
export function adviseOn(
  finding: Finding,
  profile: ProfileModel | undefined,
  { generalise = false, missing: lacking = [] }: AdviceOptions = {},
): Advice {
  const { access, missing, doubled, contradictory, type } = finding;
  const isWhole = missing === undefined && doubled === undefined && contradictory === undefined;
  const [only, ...others] = hostProfilesOf(finding);
  const known = profile && (others.length > 0 ? profile.name : only);
  const causes = explanationsOf(finding, known, undefined);
  const evaluated = profile && access && evaluate(profile, access);
  // A deny rule wins, whatever else is included.
  const isUnsure = lacking.length > 0 && evaluated !== undefined && evaluated.outcome !== 'denied';
  const evaluation = evaluated && isUnsure ? { ...evaluated, unsure: true } : evaluated;
  const needed = neededFlag(finding);
  const has = (name: string) =>
    profile?.flags.some((one) => one === name || one.startsWith(`${name}=`)) ?? false;
  const flag = needed && !has(needed) ? needed : undefined;
  const hopeless =
    !refusals.has(type) ||
    !isWhole ||
    isUnruled(finding) ||
    causes.some(({ id }) => noRuleHelps.has(id)) ||
    // The only remaining option is to run the program in the same profile.
    (access?.kind !== 'file' && causes.some(({ id }) => id === 'no-new-privileges')) ||
    evaluation?.outcome === 'denied' ||
    evaluation?.outcome === 'allowed';
  // Only the rule that sets the limit causes the refusal, so that is the rule to change.
  const raised = access?.kind === 'rlimit' && refusals.has(type) && isWhole;
  const suggestion =
    access && (!hopeless || raised) ? suggest(access, profile, generalise) : undefined;
  const decided = (evaluation?.rules.length ?? 0) > 0 ? 'decisive' : undefined;
  const explanations = [
    ...explanationsOf(finding, known, suggestion ? 'suggested' : decided),
    ...(isUnsure ? [missingInclude(lacking)] : []),
  ];
  const noRule = suggestion || hopeless ? undefined : unsayable(finding);
  return { evaluation, flag, suggestion, explanations, ...(noRule !== undefined && { noRule }) };
}

function missingInclude(names: readonly string[]): Explanation {
  const files = names.join(', ');
  const [are, their] = names.length > 1 ? ['are', 'their'] : ['is', 'its'];
  return {
    id: 'missing-include',
    text: `The profile includes ${files}, which ${are} missing here: ${their} rules are not considered.`,
  };
}

/** Why a request can't be expressed as a rule. */
function unsayable({ access, line, operation }: Finding): string {
  const event = eventOf({ line });
  const numbered = (word: string) => /^unknown\((\d+)\)$/.exec(word)?.[1] ?? word;
  const family = fieldOf(event, 'family');
  if (family !== undefined && !isSaid({ kind: 'network', family, type: 'stream' })) {
    return `socket family ${numbered(family)} has no name in the policy language`;
  }
  const type = fieldOf(event, 'sock_type');
  if (type !== undefined && !isSaid({ kind: 'network', family: 'unix', type })) {
    return `socket type ${numbered(type)} has no name in the policy language`;
  }
  if (
    access?.kind === 'unix' &&
    access.access.every((one) => isSaid({ ...access, access: [one] }))
  ) {
    return 'it requests permissions with a peer and without one, which a single rule cannot allow';
  }
  if (
    (access?.kind === 'file' || access?.kind === 'link') &&
    fieldOf(event, 'name')?.includes('//')
  ) {
    return 'the path contains //, which the kernel never logs and no rule matches';
  }
  const paths = ['name', 'srcname', 'path', 'addr', 'peer_addr'];
  if (paths.some((key) => fieldOf(event, key)?.includes('//')))
    return 'a name contains //, which apparmor_parser reads as /: no rule matches it';
  if (operation === 'link' && access === undefined) {
    return 'a hard link may not have more permissions than its target: compare the rules for both paths';
  }
  if (access === undefined) return `the record lacks what a rule for ${operation ?? 'it'} needs`;
  return `this ${operation ?? access.kind} has a value without a name in the policy language`;
}

/** Whether a request can be expressed as a rule. */
function isSaid(access: Access): boolean {
  return narrowestRule(access) !== undefined;
}

/** Whether all its profiles allow everything, or belong to another namespace than the host's. */
function isUnruled(finding: Finding): boolean {
  const isNamed = finding.profile !== undefined || finding.namespace !== undefined;
  return isNamed && hostProfilesOf(finding).length === 0;
}

function suggest(
  access: Access,
  profile: ProfileModel | undefined,
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
      ...describePermissions(access, replaced),
      ...(needs ? [`It needs "${tunables}" at the top of the profile's file.`] : []),
    ],
  };
}

/**
 * Whether this is a single rule of the requested kind that is valid in every profile. Kernel records give such a rule;
 * forged records may not.
 */
function isRuleOf(rule: string, access: Access): boolean {
  const text = `profile p {\n  ${rule}\n}\n`;
  const { file } = parse(text);
  // The profile's file declares the variables of a pattern.
  const { diagnostics } = check(text.replace(/@\{\w+\}/g, '/x'));
  if (diagnostics.some(({ severity }) => severity === 'error')) return false;
  const [profile, ...others] = file.statements;
  if (profile?.kind !== 'profile' || others.length > 0 || profile.body.length !== 1) return false;
  const [found] = profile.body;
  return found !== undefined && isRule(found) && isRuleFor(access, found);
}
