import { BoundedFileError } from '../../sdk/bounded-file.ts';
import { RegistryError, UnreachableError } from '../../sdk/client.ts';
import { LockError } from '../../sdk/host/lock.ts';
import { DamagedFileError } from '../../sdk/host/read-file.ts';
import { PlaceError } from '../../sdk/host/tree.ts';
import { JobTokenError } from '../../sdk/job-token.ts';
import { KeyFileError } from '../../sdk/key-file.ts';
import { NetworkError } from '../../sdk/network.ts';
import { PackageError } from '../../sdk/package-folder.ts';
import { ProfilesFileError } from '../../sdk/profiles-file.ts';
import { TrustFileError } from '../../sdk/trust-file.ts';
import { CliError, exit } from './command.ts';
import { isSystemError, sayTrouble } from './system-error.ts';

/** What to tell of anything that a command threw: one sentence, and what to do about it. */
export function toCliError(error: unknown): CliError {
  if (error instanceof UnreachableError) {
    const next =
      'Is that the right one? --registry URL names another; "aa-registry doctor" looks at the way to it.';
    return new CliError(exit.unreachable, error.message, next);
  }
  if (error instanceof RegistryError) {
    if (error.id === 'token-missing') {
      const next = 'Log in with "aa-registry login URL", or set AA_TOKEN.';
      return new CliError(exit.failed, 'That needs an API token, and none is known here.', next);
    }
    const next = error.status === 401 ? 'Log in with: aa-registry login URL' : undefined;
    return new CliError(exit.failed, `The registry refused: ${error.message}`, next);
  }
  if (
    error instanceof BoundedFileError ||
    error instanceof DamagedFileError ||
    error instanceof JobTokenError ||
    error instanceof LockError ||
    error instanceof NetworkError ||
    error instanceof PackageError ||
    error instanceof KeyFileError ||
    error instanceof ProfilesFileError ||
    error instanceof TrustFileError
  ) {
    return new CliError(exit.failed, `${error.message}.`);
  }
  if (error instanceof PlaceError) {
    return new CliError(exit.failed, `${error.message}.`, error.next);
  }
  if (isSystemError(error)) return sayTrouble(error);
  const trace = error instanceof Error ? error.stack : String(error);
  return new CliError(exit.failed, `unexpected: ${trace}`, 'This is a bug; please report it.');
}
