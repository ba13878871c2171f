import { RegistryError, UnreachableError } from '../client.ts';
import { LockError } from '../host/lock.ts';
import { DamagedFileError } from '../host/read-file.ts';
import { JobTokenError } from '../job-token.ts';
import { KeyFileError } from '../key-file.ts';
import { NetworkError } from '../network.ts';
import { PackageError } from '../package-folder.ts';
import { ProfilesFileError } from '../profiles-file.ts';
import { TrustFileError } from '../trust-file.ts';
import { CliError, exit } from './command.ts';

/** What to tell of anything that a command threw: one sentence, and what to do about it. */
export function toCliError(error: unknown): CliError {
  if (error instanceof UnreachableError) {
    const next = 'Name the registry with --registry URL or AA_REGISTRY, or log in to it.';
    return new CliError(exit.unreachable, error.message, next);
  }
  if (error instanceof RegistryError) {
    const next = error.status === 401 ? 'Log in with: aa-registry login URL' : undefined;
    return new CliError(exit.failed, `The registry refused: ${error.message}`, next);
  }
  if (
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
  if (error instanceof Error && 'syscall' in error) {
    return new CliError(exit.failed, `${error.message}.`);
  }
  const trace = error instanceof Error ? error.stack : String(error);
  return new CliError(exit.failed, `unexpected: ${trace}`, 'This is a bug; please report it.');
}
