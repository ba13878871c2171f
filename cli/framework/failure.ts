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

/** Errors whose message says it all, and what --format json calls each. */
const plain: [kind: new (...args: never[]) => Error, id: string][] = [
  [BoundedFileError, 'file-unusable'],
  [DamagedFileError, 'file-damaged'],
  [JobTokenError, 'job-token'],
  [LockError, 'host-locked'],
  [NetworkError, 'network-settings'],
  [PackageError, 'package-invalid'],
  [KeyFileError, 'key-file'],
  [ProfilesFileError, 'profiles-file'],
  [TrustFileError, 'trust-file'],
];

/** Converts anything that a command threw into an error message of one sentence and a hint about what to do. */
export function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof UnreachableError) {
    const next =
      'Is that the right one? --registry URL names another; "aa-registry doctor" looks at the way to it.';
    return new CliError(exit.unreachable, error.message, next);
  }
  if (error instanceof RegistryError) {
    const id = error.id || 'registry-error';
    if (id === 'token-missing') {
      const next = 'Log in with "aa-registry login URL", or set AA_TOKEN.';
      const message = 'That needs an API token, and none is known here.';
      return new CliError(exit.failed, message, next, id);
    }
    const next = error.status === 401 ? 'Log in with: aa-registry login URL' : undefined;
    return new CliError(exit.failed, `The registry refused: ${error.message}`, next, id);
  }
  const known = plain.find(([kind]) => error instanceof kind);
  if (known) {
    const { message } = error as Error;
    const sentence = /[.?]$/.test(message) ? message : `${message}.`;
    return new CliError(exit.failed, sentence, undefined, known[1]);
  }
  if (error instanceof PlaceError) {
    return new CliError(exit.failed, `${error.message}.`, error.next, 'unsafe-place');
  }
  if (isSystemError(error)) return sayTrouble(error);
  const trace = error instanceof Error ? error.stack : String(error);
  const next = 'This is a bug; please report it.';
  return new CliError(exit.failed, `unexpected: ${trace}`, next, 'unexpected');
}
