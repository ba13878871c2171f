import { type Diagnostic, Problem, problemNamespace, type Widening } from '../../contract/index.ts';
import { visibleLine } from '../../policy/visible.ts';
import { parseJson } from './json.ts';

/** The maximum length of a text of a problem or diagnostic, in characters, and the maximum number of diagnostics. */
const maxText = 2000;
const maxDiagnostics = 100;

/** The request that a registry refused. */
export interface RefusedRequest {
  registry: string;
  /** The path and query, such as `/v1/resolve?ref=web`. */
  path: string;
  /** Whether a token was sent. */
  hasToken: boolean;
}

/** The registry returned an error. */
export class RegistryError extends Error {
  readonly status: number;
  /** The problem's stable id, such as `version-exists`; empty if the response was not problem+json. */
  readonly id: string;
  readonly diagnostics: Diagnostic[];
  /** The number of diagnostics that were omitted. */
  readonly omitted: number;
  /** The delay that the registry requests (Retry-After), in milliseconds. */
  readonly retryAfter: number | undefined;
  /** What a version may permit beyond the one that it follows, if it was refused for that. */
  readonly widening: Widening | undefined;
  readonly request: RefusedRequest | undefined;
  /** The time of the registry's clock, as its response says. */
  readonly date: string | undefined;

  constructor(
    status: number,
    id: string,
    detail: string,
    diagnostics: Diagnostic[],
    {
      omitted = 0,
      retryAfter,
      request,
      widening,
      date,
    }: {
      omitted?: number;
      date?: string | undefined;
      retryAfter?: number | undefined;
      request?: RefusedRequest;
      widening?: Widening | undefined;
    } = {},
  ) {
    super(detail);
    this.retryAfter = retryAfter;
    this.request = request;
    this.date = date;
    this.widening = widening;
    this.status = status;
    this.id = id;
    this.diagnostics = diagnostics;
    this.omitted = omitted;
  }
}

/** The registry could not be reached, did not respond in time, or sent something that is not its API. */
export class UnreachableError extends Error {}

/** Whether an error is a refusal of the registry or a failure to reach it, which an optional call can ignore. */
export function isRegistryFailure(error: unknown): error is UnreachableError | RegistryError {
  return error instanceof UnreachableError || error instanceof RegistryError;
}

/** Whether an error is temporary: the registry did not respond, or asks to retry later. */
export function isTemporary(error: unknown): error is UnreachableError | RegistryError {
  if (error instanceof UnreachableError) return true;
  return error instanceof RegistryError && (error.status === 429 || error.status >= 500);
}

/** A text from a registry as one line of limited length, so that it can't imitate this program's own output. */
export function oneLine(text: string): string {
  return visibleLine(text.length > maxText ? `${text.slice(0, maxText)}…` : text);
}

/** The error that a response with this status and body states. */
export function toRegistryError(
  base: string,
  status: number,
  bytes: Uint8Array,
  more: { retryAfter: number | undefined; request: RefusedRequest; date: string | undefined },
): RegistryError {
  const { data } = Problem.safeParse(parseJson(bytes));
  if (!data) return new RegistryError(status, '', `${base} responded with ${status}.`, [], more);
  const id = data.type.startsWith(problemNamespace) ? data.type.slice(problemNamespace.length) : '';
  const { diagnostics = [], omitted = 0, widening } = data;
  const shown = diagnostics
    .slice(0, maxDiagnostics)
    .map((one) => ({ ...one, id: oneLine(one.id), message: oneLine(one.message) }));
  return new RegistryError(status, id, oneLine(data.detail), shown, {
    omitted: omitted + diagnostics.length - shown.length,
    widening: widening && shownWidening(widening),
    ...more,
  });
}

function shownWidening({ differences, omitted, ...widening }: Widening): Widening {
  const shown = differences.slice(0, maxDiagnostics).map(oneLine);
  return { ...widening, differences: shown, omitted: omitted + differences.length - shown.length };
}
