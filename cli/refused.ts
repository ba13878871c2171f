import type { Refusal } from '../sdk/refusal.ts';
import { isUnresolved } from '../sdk/resolve/index.ts';
import { CliError, exit } from './framework/command.ts';

/** The consequence of a refusal, if the host was changed, and a hint. */
export interface Consequence {
  /** The first half of the sentence; empty if the command only reads. */
  consequence?: string;
  next?: string | undefined;
}

/** The error for a refusal by a call of the SDK. */
export function refused(
  { id, reason, next: known }: Refusal,
  { consequence = 'nothing was changed', next = known }: Consequence = {},
): CliError {
  const sentence = `${reason[0]?.toUpperCase()}${reason.slice(1)}.`;
  const marked = consequence === '' ? 'Refused' : `Refused, ${consequence}`;
  if (isUnresolved(id)) return new CliError(exit.failed, `${reason} [${id}].`, next, id);
  switch (id) {
    case 'no-root':
      return new CliError(exit.usage, `--root: ${reason}.`, next, id);
    case 'reference-invalid':
    case 'reference-repeated':
      return new CliError(exit.usage, `${reason}.`, next);
    case 'bundle-channel':
      return new CliError(exit.usage, sentence, next);
    case 'not-in-bundle':
    case 'not-in-mirror':
    case 'already-installed':
      return new CliError(exit.failed, `${reason}.`, next);
    case 'not-installed':
    case 'nothing-to-approve':
    case 'installed-changed':
    case 'already-joined':
    case 'not-joined':
      return new CliError(exit.failed, `${reason}.`, next, id);
    case 'record-damaged':
      return new CliError(exit.failed, sentence, next, id);
    case 'no-profiles-file': {
      const example =
        'It lists the profiles for this host, such as: profiles = ["docker-nginx", "acme/web@^1.2"]';
      return new CliError(exit.failed, `Nothing was changed: ${reason}.`, next ?? example);
    }
    case 'update-waits':
      return new CliError(exit.waiting, `Nothing was changed: ${reason}.`, next, id);
    case 'no-trust-file':
      return new CliError(exit.refused, `No team is trusted yet: ${reason}.`, next, id);
    case 'not-root':
    case 'no-apparmor':
    case 'no-parser':
    case 'root-escapes': {
      const advice =
        id === 'not-root'
          ? 'Run it with sudo; --root DIR works on the files of another system.'
          : '"aa-registry doctor" says more; --root DIR works on the files of another system.';
      return new CliError(exit.unable, `Nothing was changed: ${reason}.`, next ?? advice, id);
    }
    case 'profile-defined-elsewhere':
    case 'profile-loaded-elsewhere':
    case 'parser-refused':
    case 'interrupted':
    case 'kernel-refused':
    case 'dependency-unknown':
    case 'dependency-conflict':
    case 'dependency-kind':
    case 'dependency-cycle':
    case 'dependency-limit':
    case 'package-needed':
    case 'not-kept':
      return new CliError(exit.failed, `${marked}: ${reason} [${id}].`, next, id);
    default:
      return new CliError(exit.refused, `${marked}: ${reason} [${id}].`, next, id);
  }
}
