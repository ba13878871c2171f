/** The stable code of each error, which `--format json` shows. */
export type ErrorCode =
  | 'file-unusable'
  | 'file-damaged'
  | 'host-locked'
  | 'job-token'
  | 'key-file'
  | 'mirror-access'
  | 'mirror-unreachable'
  | 'network-settings'
  | 'no-bundle'
  | 'package-invalid'
  | 'profiles-file'
  | 'trust-file'
  | 'unsafe-place'
  | 'witness-state'
  // System errors: sdk/system-error.ts.
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
 * Something outside this program must change before the call can succeed: a file, a setting, another run. The message
 * is a sentence without a full stop. Results that a caller decides on are values with an id instead.
 */
export class SdkError extends Error {
  readonly code: ErrorCode;
  /** What to do about it, unless the message says so. */
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

/** Whether an error is an {@link SdkError}, with this code if given. */
export function isSdkError(error: unknown, code?: ErrorCode): error is SdkError {
  return error instanceof SdkError && (code === undefined || error.code === code);
}
