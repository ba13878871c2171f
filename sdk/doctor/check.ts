import { isSdkError } from '../error.ts';

/** A result of one check of a host or a registry. */
export interface Finding {
  /** Stable, such as `kernel-lsm`. */
  id: string;
  /** `warn`: something is limited or unavailable to this user; `fail`: something does not work. */
  result: 'ok' | 'warn' | 'fail';
  /** What was found, as a sentence. */
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

/** The timeout of one check, in milliseconds. */
const limit = 15_000;

/** Runs a check; a timeout or an error is a finding too. */
export async function runCheck(
  id: string,
  work: () => Promise<Finding | Finding[]>,
): Promise<Finding[]> {
  const late = AbortSignal.timeout(limit);
  const timeout = new Promise<Finding>((resolve) => {
    late.addEventListener('abort', () =>
      resolve(
        fail(id, `No response within ${limit / 1000} seconds.`, 'Check what it is waiting for.'),
      ),
    );
  });
  try {
    return [await Promise.race([work(), timeout])].flat();
  } catch (error) {
    const next =
      (isSdkError(error, 'unsafe-place') && error.next) || 'Fix this error, then run doctor again.';
    return [fail(id, `The check failed: ${(error as Error).message}.`, next)];
  }
}
