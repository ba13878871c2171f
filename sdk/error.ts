/** What each error is called, for ever; `--format json` shows it. */
export type ErrorCode =
  | 'file-unusable'
  | 'file-damaged'
  | 'host-locked'
  | 'job-token'
  | 'key-file'
  | 'network-settings'
  | 'no-bundle'
  | 'package-invalid'
  | 'profiles-file'
  | 'trust-file'
  | 'unsafe-place'
  | 'witness-state'
  // What the system says: sdk/system-error.ts.
  | 'address-in-use'
  | 'address-unavailable'
  | 'disk-full'
  | 'file-missing'
  | 'not-a-file'
  | 'not-a-folder'
  | 'permission-denied'
  | 'read-only-disk'
  | 'system-error';

/**
 * Something outside this program has to change before the call can succeed: a file, a setting, another run. The message
 * says what, as a sentence without a full stop. What a caller decides on is a value with an id instead.
 */
export class SdkError extends Error {
  readonly code: ErrorCode;
  /** What to do about it, where the message does not say. */
  readonly next: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { next, ...options }: { next?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options);
    this.code = code;
    this.next = next;
  }
}

/** Whether something thrown is an {@link SdkError}, of this code where one is given. */
export function isSdkError(error: unknown, code?: ErrorCode): error is SdkError {
  return error instanceof SdkError && (code === undefined || error.code === code);
}
