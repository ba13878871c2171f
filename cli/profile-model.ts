import { check, firstError, type Model, model } from '../policy/index.ts';
import { SdkError } from '../sdk/error.ts';
import { explainSystemError } from '../sdk/system-error.ts';
import { CliError, exit } from './framework/command.ts';
import { optionsFor, type ProfileSource, readProfileSource, versionOf } from './profile-source.ts';
import { type PolicyOptions, policyOptions } from './target-base.ts';
import { type Io, visibleLine } from './terminal/io.ts';

/** A profile's model, with the name of its file and the `version` for `--format json`. */
export interface NamedModel {
  model: Model;
  file: string;
  version: object;
  /** The version, if it came from a registry. */
  verified: ProfileSource['verified'];
}

type ModelValues = Parameters<typeof readProfileSource>[2] & Parameters<typeof policyOptions>[1];

/**
 * Reads profiles that are named as FILE, DIR or REF, and computes their models for one release: `--target`, or else the one
 * that their variants were chosen for, or the newest.
 *
 * @param presume presume that includes that could not be read are empty
 * @throws CliError with exit code 2 if one can't be read or apparmor_parser would refuse it, since 1 is a result of the
 * commands that use the models; with the code of `verify` for a reference.
 */
export async function readModels(
  io: Io,
  named: readonly string[],
  values: ModelValues,
  presume = false,
): Promise<NamedModel[]> {
  const sources: ProfileSource[] = [];
  for (const name of named) sources.push(await readSource(io, name, values));
  const release = sources.find((one) => one.release !== undefined)?.release;
  const options = await policyOptions(io, values, release);
  return sources.map((one) => modelOf(one, options, presume));
}

/** As {@link readModels} for one profile. */
export async function readModel(
  io: Io,
  named: string,
  values: ModelValues,
  presume = false,
): Promise<NamedModel> {
  const [found] = await readModels(io, [named], values, presume);
  if (!found) throw new Error(`${named} has no model`);
  return found;
}

async function readSource(io: Io, named: string, values: ModelValues): Promise<ProfileSource> {
  return readProfileSource(io, named, values).catch((error: unknown) => {
    const explained = explainSystemError(error);
    if (!(explained instanceof SdkError)) throw explained;
    throw new CliError(exit.usage, visibleLine(explained.message), explained.next);
  });
}

function modelOf(read: ProfileSource, policy: PolicyOptions, presume: boolean): NamedModel {
  const options = optionsFor(read, policy);
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
    verified: read.verified,
  };
}
