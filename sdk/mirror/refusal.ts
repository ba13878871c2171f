import type { Refusal } from '../refusal.ts';

/** Why a mirror's contents are no evidence that could be verified. */
export type MirrorRefusalId =
  | 'not-in-mirror'
  | 'evidence-missing'
  | 'digest-mismatch'
  | 'mirror-malformed';

export type MirrorRefusal = Refusal<MirrorRefusalId>;

/** Thrown while a mirror is read; {@link refusing} returns it as a value. */
class MirrorRefused extends Error {
  readonly refusal: MirrorRefusal;

  constructor(refusal: MirrorRefusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

/** Ends reading a mirror with a refusal. */
export function refuse(id: MirrorRefusalId, reason: string, next?: string): never {
  throw new MirrorRefused({ ok: false, id, reason, next });
}

/** The result of reading a mirror, or why it was refused. */
export async function refusing<Result extends { ok: true }>(
  read: () => Promise<Result>,
): Promise<Result | MirrorRefusal> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MirrorRefused) return error.refusal;
    throw error;
  }
}
