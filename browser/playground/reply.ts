import {
  baseResolver,
  type Diagnostic,
  format,
  lint,
  model,
  type ProfileSummary,
  type Release,
  summarize,
} from '../../policy/index.ts';
import { answer, type CanResult } from '../can/answer.ts';
import type { Asked } from '../can/question.ts';

/** A base policy that texts are read with. */
export interface Base {
  release: Release;
  files: Readonly<Record<string, string>> | undefined;
}

/** A request to the playground's worker about a text. */
export type Request = { source: string; base: Base } & (
  | { kind: 'report' }
  | { kind: 'format' }
  | { kind: 'can'; asked: Asked }
);

/** What is said about a text while one types. */
export interface Report {
  diagnostics: Diagnostic[];
  /** How many more findings there are. */
  omitted: number;
  /** Includes that were not read. */
  unseen: string[];
  /** `undefined` for a text with errors. */
  summary: ProfileSummary[] | undefined;
}

export interface Formatted {
  text: string;
  /** The errors for which it was left as it is. */
  diagnostics: Diagnostic[];
}

export type Reply<One extends Request['kind']> = {
  report: Report;
  format: Formatted;
  can: CanResult;
}[One];

/** Answers a request. */
export function reply(request: Request): Reply<Request['kind']> {
  const { source, base } = request;
  if (request.kind === 'format') return format(source);
  if (request.kind === 'can') {
    return answer({ source, release: base.release, base: base.files, asked: request.asked });
  }
  const resolver =
    base.files && baseResolver(base.files, { label: 'base', others: () => undefined });
  const options = { target: base.release, ...(resolver && { resolver, targetBase: true }) };
  const { ok, diagnostics, omitted, unseen } = lint(source, options);
  const own = diagnostics.filter(({ file }) => file === undefined);
  const summary = ok ? summarize(model(source, { ...options, presume: true })) : undefined;
  return { diagnostics: own, omitted, unseen, summary };
}
