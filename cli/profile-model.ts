import { check, firstError, type Model, model } from '../policy/index.ts';
import { SdkError } from '../sdk/error.ts';
import { explainSystemError } from '../sdk/system-error.ts';
import { CliError, exit } from './framework/command.ts';
import { optionsFor, readProfileSource, versionOf } from './profile-source.ts';
import { type PolicyOptions, policyOptions } from './target-base.ts';
import { type Io, visibleLine } from './terminal/io.ts';

/**
 * Reads a profile that is named as FILE, DIR or REF, and computes its model.
 *
 * @param policy the options of policy's functions; a command that reads several profiles gets them once
 * @param presume presume that includes that could not be read are empty
 * @throws CliError with exit code 2 if it can't be read or apparmor_parser would refuse it, since 1 is a result of the
 * commands that use the model; with the code of `verify` for a reference.
 */
export async function readModel(
  io: Io,
  named: string,
  values: Parameters<typeof readProfileSource>[2] & Parameters<typeof policyOptions>[1],
  policy: () => Promise<PolicyOptions> = () => policyOptions(io, values),
  presume = false,
): Promise<{ model: Model; file: string; version: object }> {
  const read = await readProfileSource(io, named, values).catch((error: unknown) => {
    const explained = explainSystemError(error);
    if (!(explained instanceof SdkError)) throw explained;
    throw new CliError(exit.usage, visibleLine(explained.message), explained.next);
  });
  const options = optionsFor(read, await policy());
  const { diagnostics } = check(read.text, { ...options, rawBytes: read.rawBytes });
  const error = firstError(diagnostics, read.file);
  if (error) {
    const what =
      error.id === 'limit'
        ? 'The profile is not analysed'
        : 'apparmor_parser would refuse the profile';
    throw new CliError(
      exit.usage,
      `${what}: ${visibleLine(error.text)}`,
      'Run "aa-registry check" for all errors.',
    );
  }
  return {
    model: model(read.text, { ...options, presume }),
    file: read.file,
    version: versionOf(read),
  };
}
