import { isSdkError } from '../error.ts';

/** What one look at a host or a registry has found. */
export interface Finding {
  /** Stable, such as `kernel-lsm`. */
  id: string;
  /** `warn`: something works less well or not for this user; `fail`: it is why something does not work. */
  result: 'ok' | 'warn' | 'fail';
  /** What was found, a sentence. */
  found: string;
  /** What to do about it. */
  next?: string;
}

export const ok = (id: string, found: string): Finding => ({ id, result: 'ok', found });

export const warn = (id: string, found: string, next: string): Finding => ({
  id,
  result: 'warn',
  found,
  next,
});

export const fail = (id: string, found: string, next: string): Finding => ({
  id,
  result: 'fail',
  found,
  next,
});

/** How long one look may take, in milliseconds. */
const limit = 15_000;

/** Looks; what takes too long or goes wrong otherwise is a finding too. */
export async function look(
  id: string,
  work: () => Promise<Finding | Finding[]>,
): Promise<Finding[]> {
  const late = AbortSignal.timeout(limit);
  const timeout = new Promise<Finding>((resolve) => {
    late.addEventListener('abort', () =>
      resolve(fail(id, `No answer within ${limit / 1000} seconds.`, 'Look at what it waits for.')),
    );
  });
  try {
    return [await Promise.race([work(), timeout])].flat();
  } catch (error) {
    const next = (isSdkError(error, 'unsafe-place') && error.next) || 'Repair that first.';
    return [fail(id, `Could not be looked at: ${(error as Error).message}.`, next)];
  }
}
