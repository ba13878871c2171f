import { RegistryError, UnreachableError } from '../../sdk/client.ts';
import { SdkError } from '../../sdk/error.ts';
import { explainSystemError } from '../../sdk/system-error.ts';
import { defaultRegistry } from '../session.ts';
import { CliError, exit } from './command.ts';
import { loginCommand, privateAdvice } from './login-advice.ts';
import { asSentence } from './sentence.ts';

/** Converts anything that a command threw into an error message of one sentence and a hint about what to do. */
export function toCliError(thrown: unknown, env: NodeJS.ProcessEnv = {}): CliError {
  const error = explainSystemError(thrown);
  if (error instanceof CliError) return error;
  if (error instanceof UnreachableError) {
    const diagnose = 'run "aa-registry doctor" to diagnose the connection.';
    const next = error.message.includes(` ${defaultRegistry} `)
      ? `This is the default address. Set another with --registry URL, AA_REGISTRY or "aa-registry login URL", or ${diagnose}`
      : `Check the address (--registry URL sets another), or ${diagnose}`;
    return new CliError(exit.unreachable, error.message, next);
  }
  if (error instanceof RegistryError) {
    const id = error.id || 'registry-error';
    const login = loginCommand(error.request?.registry ?? 'URL');
    if (id === 'token-missing') {
      const next = `Set AA_TOKEN, or log in with: ${login}`;
      const message = 'This requires an API token, and none is configured.';
      return new CliError(exit.failed, message, next, id);
    }
    // A login would not help, because the variable takes precedence over the saved token.
    const advice = env.AA_TOKEN
      ? `The token may be that of AA_TOKEN, which takes precedence over the saved one: set another, or unset AA_TOKEN and log in with: ${login}`
      : `Log in with: ${login}`;
    const next = error.status === 401 ? advice : missingAdvice(error);
    return new CliError(exit.failed, `The registry refused: ${error.message}`, next, id);
  }
  if (error instanceof SdkError) {
    const { message, code, next } = error;
    const sentence = asSentence(/[.?]$/.test(message) ? message : `${message}.`);
    const exitCode = code === 'mirror-unreachable' ? exit.unreachable : exit.failed;
    return new CliError(exitCode, sentence, next, code);
  }
  const trace = error instanceof Error ? error.stack : String(error);
  const next = 'This is a bug; please report it.';
  return new CliError(exit.failed, `Unexpected error: ${trace}`, next, 'unexpected');
}

/** What to do about a profile or version that the registry does not have. */
function missingAdvice({ id, message, request }: RegistryError): string | undefined {
  if (id !== 'not-found' || !request) return undefined;
  if (!/^\/v1\/(profiles|resolve)\b/.test(request.path)) return undefined;
  // The message is the registry's: only names are taken from it.
  const version = /^Version \S+ of ([a-z0-9-]+\/[a-z0-9._-]+) does not exist\.$/.exec(message);
  if (version) return `To see its versions: aa-registry show ${version[1]}`;
  if (!request.hasToken) return privateAdvice(request.registry);
  const profile = /^Profile [a-z0-9-]+\/([a-z0-9._-]+) does not exist\.$/.exec(message);
  return profile ? `To find a profile: aa-registry search ${profile[1]}` : undefined;
}
