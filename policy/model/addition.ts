// What a rule would permit in a profile beyond the request that it is proposed for.
import { Budget } from '../budget.ts';
import { Matcher } from '../glob/matcher.ts';
import { newestRelease } from '../release.ts';
import type { Access } from '../rules/kinds.ts';
import { parseText } from '../syntax/parser.ts';
import { permissionTables, type TableClass } from './classes/classes.ts';
import type { UnknownReason } from './decision.ts';
import { anyString, type Difference, isKernelFile, kindOf, walkBeside } from './difference.ts';
import { type EffectiveRule, effectiveRules } from './effective-rule.ts';
import { lookedUp } from './hidden.ts';
import { grouped, type PolicyDifference } from './policy-difference.ts';
import { type ProfileModel, questionSteps, tableClasses } from './profile-model.ts';
import { stringPattern, unknownPart } from './questions.ts';
import { type LookedUp, lookUps, type RequestedLookUp } from './requests.ts';
import type { Accepting, Extension, Grant } from './table.ts';

/**
 * What a profile with one more rule permits that it does not without it, apart from a request, class by class; or why
 * that is not known. As `compareModels` of both, whose time grows with the profile and not with the rule.
 */
export function permittedBeyond(
  profile: ProfileModel,
  access: Access,
  rule: string,
): readonly PolicyDifference[] | UnknownReason {
  // Rules about these are about one each, and a limit permits nothing.
  if (access.kind === 'capability' || access.kind === 'rlimit') return [];
  const effective = ruleOf(rule);
  const asked = certainLookUps(access);
  const found: PolicyDifference[] = [];
  for (const of of tableClasses) {
    const extension = profile.extended(of, effective);
    if (typeof extension === 'string') return extension;
    if (extension.patterns.length === 0) continue;
    const differences = differencesIn(
      of,
      extension,
      asked.filter((one) => one.of === of),
    );
    if (typeof differences === 'string') return differences;
    const how = { profile: profile.name, class: of, unobservable: false, complains: false };
    found.push(...grouped(differences, how));
  }
  return found;
}

/** The rule of a text, which is valid. */
function ruleOf(text: string): EffectiveRule {
  const { file, diagnostics } = parseText(`profile p {\n${text}\n}\n`);
  const [profile] = file.statements;
  const body = profile?.kind === 'profile' ? profile.body : [];
  const unit = { file, diagnostics };
  const place = { blocks: [], conditional: false };
  const [rule] = effectiveRules({ statements: body, unit, place }, true, newestRelease);
  if (!rule) throw new Error(`not a rule: ${text}`);
  return rule;
}

/** What is looked up for a request, and what every rule for it permits too. */
function certainLookUps(access: LookedUp): readonly RequestedLookUp[] {
  // Not every queue, where the record names none.
  if (access.kind === 'mqueue' && access.name === undefined) return [];
  return (lookUps(access) ?? []).flatMap((one) => {
    const { of, columns, string } = one;
    const also = (...strings: string[]) => [one, ...strings.map((string) => ({ ...one, string }))];
    switch (of) {
      case 'file':
        return [{ ...one, columns: columns.flatMap(withImplied) }];
      case 'change_profile': {
        const program = `/${unknownPart.text}`;
        const strings = [string, program, `${program}\0${string}`];
        return strings.map((string) => ({ of, columns: permissionTables[of].permissions, string }));
      }
      case 'dbus':
        // A name that the record does not say is a unique one, such as :1.5.
        return [{ ...one, string: string.replace(unknownPart.text, `:${unknownPart.text}`) }];
      case 'io_uring':
        // The kernel always looks up a label with override_creds.
        return also(string.slice(0, 1));
      case 'mount':
        return also(...withAnyOrigin(string));
      case 'network':
        // Old kernels look up nothing but the family and the type of unix sockets.
        return also(string.replace(unknownPart.text, ''), string.slice(0, 5) + unknownPart.rest);
      default:
        return [one];
    }
  });
}

/** A rule about files of others is about own ones too, and one about writing about appending. */
function withImplied(column: string): string[] {
  const [side, permission] = column.split(' ');
  const sides = side === 'others' ? ['owner', 'others'] : ['owner'];
  const permissions = permission === 'w' ? ['w', 'a'] : [permission];
  return sides.flatMap((side) => permissions.map((permission) => `${side} ${permission}`));
}

/** A mount that has no source or no type, since it is of what is mounted already, with any. */
function withAnyOrigin(string: string): string[] {
  const [point, source, type, ...flags] = string.split('\0');
  if (flags.length === 0) return [];
  const any = (text = '') => (text === '' ? ['', unknownPart.text] : [text]);
  return any(source).flatMap((source) =>
    any(type).map((type) => [point, source, type, ...flags].join('\0')),
  );
}

function differencesIn(
  of: TableClass,
  { table, patterns, grants }: Extension,
  asked: readonly RequestedLookUp[],
): readonly Difference[] | UnknownReason {
  const budget = new Budget(questionSteps);
  // The request is told apart from other strings.
  const matcher = Matcher.of(
    [...patterns.map(lookedUp), ...asked.map(({ string }) => stringPattern(string))],
    budget,
  );
  const differencesAt = ({ accepted }: Accepting, own: Accepting, string: string) => {
    const added = accepted.filter((index) => index < patterns.length);
    if (added.length === 0) return [];
    const requested = accepted.flatMap((index) => asked[index - patterns.length]?.columns ?? []);
    const [before, after] = [table.grants(own), grants(own, added)];
    return table.columns.flatMap((column, index) => {
      const [left, right] = [before[index] as Grant, after[index] as Grant];
      const kind = kindOf(left, right);
      if (!kind || kind === 'logging' || requested.includes(column)) return [];
      return [{ column, kind, string, left, right }];
    });
  };
  const found = new Map<string, ReturnType<typeof differencesAt>[number]>();
  const add = (state: Accepting, own: Accepting, string: string) => {
    for (const one of differencesAt(state, own, string)) {
      const key = `${one.kind} ${one.column} ${of === 'file' && string.includes('\0')}`;
      if (!found.has(key)) found.set(key, one);
    }
  };
  const allowed = of === 'file' ? isKernelFile : anyString;
  if (!matcher || !walkBeside({ matcher }, table.matcher, allowed, budget, add)) return 'budget';
  const familiar = (one: Difference): Difference => {
    const strings = of === 'file' ? [] : (permissionTables[of].familiar?.(one.string) ?? []);
    const others = strings.flatMap((string) => {
      const [state, own] = [matcher, table.matcher].map((some) => some.matching(string, budget));
      return state && own ? differencesAt({ accepted: state }, { accepted: own }, string) : [];
    });
    return (others.find(({ kind, column }) => kind === one.kind && column === one.column) ??
      one) as Difference;
  };
  const differences = [...found.values()];
  if (differences.some(({ kind }) => kind === 'unknown')) return 'prompt';
  return differences.map((one) => familiar(one as Difference));
}
