/** Why an operation was refused, for the caller to decide on. */
export interface Refusal<Id extends string = string> {
  ok: false;
  /** Stable, so a caller may compare it. */
  id: Id;
  /** The second half of a sentence, without a full stop. */
  reason: string;
  /** What to do about it, if known. */
  next?: string | undefined;
}
