import { check, type Model, model, type Release, type UnknownReason } from '../policy/index.ts';
import { SdkError } from '../sdk/error.ts';
import { readProfileFile } from '../sdk/profile-file.ts';
import { explainSystemError } from '../sdk/system-error.ts';
import type { Values } from './framework/command.ts';
import { CliError, exit } from './framework/command.ts';
import { type includeOptions, includeResolver } from './include-options.ts';
import { visibleLine } from './terminal/io.ts';

/** Why something about a profile is not known. */
export const unknownReasons: Readonly<Record<UnknownReason, string>> = {
  includes: 'some of what the profile includes was not read',
  budget: 'finding out takes more work than any real profile',
  variables: 'a variable of the profile is not known, or has too many values',
  conditions: 'a rule has conditions that are not modelled',
  prompt: 'a prompt rule leaves it to the user',
};

/** Reads a profile, or a package folder's, that apparmor_parser takes, and makes its model. */
export async function readModel(
  path: string,
  values: Values<typeof includeOptions> & { target?: Release | undefined },
): Promise<{ model: Model; file: string }> {
  const read = await readProfileFile(path).catch((error: unknown) => {
    // 1 is an answer of the commands that ask the model: trouble is 2.
    if (error instanceof CliError) throw error;
    const explained = explainSystemError(error);
    if (!(explained instanceof SdkError)) throw explained;
    throw new CliError(exit.usage, visibleLine(explained.message), explained.next);
  });
  const options = {
    resolver: includeResolver(values),
    ...(values.target && { target: values.target, targetBase: values.base !== undefined }),
  };
  const error = check(read.text, { ...options, rawBytes: read.rawBytes }).diagnostics.find(
    ({ severity }) => severity === 'error',
  );
  if (error) {
    const { line, column } = error.span.start;
    const where = `${visibleLine(error.file ?? read.file)}:${line}:${column}`;
    throw new CliError(
      exit.usage,
      `apparmor_parser would refuse the profile: ${where}: ${visibleLine(error.message)}`,
      'Run "aa-registry check" for all errors.',
    );
  }
  return { model: model(read.text, options), file: read.file };
}
