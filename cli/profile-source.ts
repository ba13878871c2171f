import {
  type CheckOptions,
  dockerDefault,
  isRelease,
  packageOptions,
  type Release,
} from '../policy/index.ts';
import { leavesDirectories } from '../sdk/calls/lint.ts';
import { isPresent } from '../sdk/files.ts';
import { variantChoice } from '../sdk/host/release.ts';
import { type ProfileFile, parseProfileFile, readProfileFiles } from '../sdk/profile-file.ts';
import type { VerifiedProfile } from '../sdk/resolve/index.ts';
import { chosenVariant, describeVariant, type VariantChoice } from '../sdk/resolve/variant.ts';
import { includePathOf, parseReference } from '../trust/index.ts';
import { CliError, exit } from './framework/command.ts';
import { toCliError } from './framework/failure.ts';
import { rootOf } from './target.ts';
import type { PolicyOptions } from './target-base.ts';
import { type Io, visibleLine } from './terminal/io.ts';
import { requireVerified } from './verified.ts';

/** A profile named on the command line; `verified` if it came from a registry. */
export interface ProfileSource extends ProfileFile {
  verified?: VerifiedProfile;
  /** The release that its variant was chosen for, if it has variants and the release is known. */
  release?: Release | undefined;
}

type SourceValues = Parameters<typeof requireVerified>[2];

/**
 * Reads a profile that is named as FILE, DIR or REF. What exists is a file or a folder, and so is what begins with `/`,
 * `./` or `../`; `docker-default` is the profile that Docker applies by default, as this program has it; else it is a
 * reference, which is fetched and verified as `verify` does. Of several variants, it is the one that `pull` takes.
 */
export async function readProfileSource(
  io: Io,
  named: string,
  values: SourceValues,
): Promise<ProfileSource> {
  const isPath = /^\.{0,2}\//.test(named) || named === '.' || named === '..';
  if (isPath || (await isPresent(named)) || !parseReference(named).ok) {
    return chooseFile(io, await readProfileFiles(named), values);
  }
  if (named === 'docker-default') {
    return parseProfileFile(named, new TextEncoder().encode(dockerDefault));
  }
  if (values.offline) {
    const next = 'Name a file or a package folder, or omit --offline.';
    throw new CliError(
      exit.usage,
      `${named} does not exist, and --offline fetches no reference.`,
      next,
    );
  }
  const { offline: _, ...online } = values;
  const [verified] = await requireVerified(io, [named], online).catch((error: unknown) => {
    // It may be a mistyped file name.
    const { exitCode, message, next, id } = toCliError(error, io.env);
    if (/[@:]/.test(named) || id === 'unexpected') throw error;
    const what = `No file or folder is named ${visibleLine(named)}, and as a reference it can’t be fetched: ${message}`;
    throw new CliError(exitCode, what, next, id);
  });
  if (!verified) throw new Error(`${named} was verified as nothing`);
  const { team, name, version, bytes, manifest, variant = '', needed } = verified;
  const at = Math.max(0, manifest.variants?.indexOf(variant) ?? 0);
  const files = Object.fromEntries(
    needed.map((one) => [
      includePathOf(`${one.team}/${one.name}`),
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(one.bytes),
    ]),
  );
  return {
    ...parseProfileFile(`${team}/${name}@${version}`, bytes),
    package: packageOptions(verified, at, files),
    verified,
    ...(verified.variant !== undefined && { release: knownRelease(await choiceOf(values)) }),
  };
}

/** The only file, or that of the variant which `pull` would take; says which that is. */
async function chooseFile(
  io: Io,
  files: readonly ProfileFile[],
  values: SourceValues,
): Promise<ProfileSource> {
  const [first] = files;
  if (!first) throw new Error('a package has a file');
  if (first.variant === undefined) return first;
  const choice = await choiceOf(values);
  const variants = files.map(({ variant = '' }) => variant);
  const chosen = files[chosenVariant(variants, choice)];
  if (!chosen) {
    const what = `The package is for AppArmor ${first.variant} and newer, not for ${choice.release}, ${choice.why}.`;
    throw new CliError(exit.usage, what, 'Name another release with --target.');
  }
  io.note(describeVariant(chosen.file, chosen.variant ?? '', choice));
  return { ...chosen, release: knownRelease(choice) };
}

const choiceOf = ({ root, target }: SourceValues) => variantChoice(rootOf(root), target);

const knownRelease = ({ release }: VariantChoice): Release | undefined =>
  release !== undefined && isRelease(release) ? release : undefined;

/**
 * The options for a profile: one of a registry reads no files but those that a package may include. Of a package folder,
 * what other packages have is not known.
 */
export function optionsFor(
  { verified, package: of }: ProfileSource,
  options: PolicyOptions,
): PolicyOptions & Pick<CheckOptions, 'files' | 'body'> {
  const more = {
    ...(of?.kind === 'abstraction' && { body: of.packageName }),
    ...((of?.dependencies?.length ?? 0) > 0 && { files: of?.files }),
  };
  if (!verified) return { ...options, ...more };
  const { resolver } = options;
  return {
    ...{ ...options, ...more },
    resolver: (request) => {
      if (request.from !== undefined || !leavesDirectories(request)) return resolver(request);
      const what = `The profile includes ${visibleLine(request.path)}, which a package must not include.`;
      throw new CliError(
        exit.refused,
        what,
        'Run "aa-registry explain include-path" for the reason.',
      );
    },
  };
}

/** The reference, digest and variant of a verified profile, for `--format json`; empty for a file. */
export function versionOf({ verified }: ProfileSource): object {
  if (!verified) return {};
  const { team, name, version, digest, variant = null } = verified;
  return { reference: `${team}/${name}@${version}`, digest, variant };
}
