import {
  baseResolver,
  check,
  type DecidingRule,
  describeRule,
  explainVerdict,
  fileVerdict,
  firstError,
  lookUp,
  model,
  type ProfileModel,
  type Release,
  verdictOf,
  verdictTexts,
} from '../../policy/index.ts';
import { type Asked, type Question, readQuestion } from './question.ts';

/** A question about a profile. */
export interface CanRequest {
  /** The profile's text. */
  source: string;
  /** The release that decides. */
  release: Release;
  /** The files of its base policy; `undefined` if the registry has none. */
  base: Readonly<Record<string, string>> | undefined;
  asked: Asked;
}

/** What one profile of the file says. */
export interface Answer {
  profile: string;
  /** The verdict with its explanation, in words. */
  text: string;
  /** The rules that decided. */
  rules: DecidingRule[];
}

export type CanResult =
  | { answers: Answer[]; unread: readonly string[] }
  /** Why there is no answer, as a sentence. */
  | { fault: string };

/** Answers a question for each profile of a text, as `aa-registry can` does. */
export function answer({ source, release, base, asked }: CanRequest): CanResult {
  const question = readQuestion(asked);
  if ('fault' in question) return question;
  const resolver = base && baseResolver(base, { label: 'base', others: () => undefined });
  const options = { target: release, ...(resolver && { resolver, targetBase: true }) };
  const error = firstError(check(source, options).diagnostics);
  if (error) return { fault: `AppArmor ${release} refuses the profile: line ${error.text}` };
  const { profiles, unread } = model(source, options);
  return { answers: profiles.map((profile) => ask(profile, question)), unread };
}

function ask(profile: ProfileModel, question: Question): Answer {
  const { verdict, decision } = decide(profile, question);
  return {
    profile: profile.name,
    text: `${verdictTexts[verdict]}${explainVerdict(profile, question.kind, decision)}`,
    rules: decision.rules.map(describeRule),
  };
}

function decide(profile: ProfileModel, question: Question) {
  if (question.kind === 'file') {
    const { permission, path, owner } = question;
    return fileVerdict(profile.file(permission, path), owner);
  }
  const decision =
    question.kind === 'capability'
      ? profile.capability(question.name)
      : askClass(profile, question);
  return { verdict: verdictOf(decision), decision };
}

function askClass(profile: ProfileModel, { about }: Extract<Question, { kind: 'class' }>) {
  const found = lookUp(about);
  if ('unknown' in found) throw new Error(found.unknown);
  return profile.ask(found.table, found.permission, found.string);
}
