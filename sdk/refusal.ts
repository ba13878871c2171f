/** Why something was not done, for the caller to decide on. */
export interface Refusal<Id extends string = string> {
  ok: false;
  /** Stable: a caller may compare it. */
  id: Id;
  /** The second half of a sentence, without a full stop. */
  reason: string;
  /** What to do about it, where that is known. */
  next?: string | undefined;
}
