// The package folder for the draft of a version's successor.
import { mkdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { packageOptions } from '../policy/index.ts';
import { ifPresent, writeNew } from '../sdk/files.ts';
import { manifestName, profileText, readPackageFolder } from '../sdk/package-folder.ts';
import type { VerifiedProfile } from '../sdk/resolve/index.ts';
import type { PatchTarget } from './denials-patch.ts';
import { CliError, exit } from './framework/command.ts';

/** The profile of an existing package folder, or of a new one with the text of the version. */
export async function draftTarget(output: string, verified: VerifiedProfile): Promise<PatchTarget> {
  const { team, name, version, manifest, bytes, variant = '' } = verified;
  const at = Math.max(0, manifest.variants?.indexOf(variant) ?? 0);
  if (await ifPresent(stat(join(output, manifestName)))) {
    const folder = await readPackageFolder(output);
    if (folder.team !== team || folder.name !== name) {
      const what = `${output} has ${folder.team}/${folder.name}, not ${team}/${name}`;
      throw new CliError(exit.failed, `${what}; nothing was written.`);
    }
    const file = [folder, ...folder.others][at];
    if (!file) throw new CliError(exit.failed, `${output} has no variant for ${variant}.`);
    const text = profileText({ file: file.file, bytes: file.bytes });
    const options = packageOptions(folder, at);
    return { named: output, file: file.file, text, isNew: false, package: options };
  }
  const file = join(output, name);
  if (await ifPresent(stat(file))) {
    throw new CliError(
      exit.failed,
      `${file} already exists, without ${manifestName} beside it; nothing was written.`,
    );
  }
  if ((manifest.variants?.length ?? 0) > 1) {
    throw new CliError(
      exit.failed,
      `${team}/${name}@${version} has variants, and ${output} has no package to add rules to.`,
      'Name the folder of the package that it was published from.',
    );
  }
  const text = profileText({ file, bytes });
  return { named: output, file, text, isNew: true, package: packageOptions(verified, at) };
}

/**
 * Makes the folder of a new package, and runs `write`, which writes the profile. Adds the manifest of the version; leaves no
 * empty folder behind.
 */
export async function withNewFolder<Result>(
  output: string,
  { file }: PatchTarget,
  verified: VerifiedProfile,
  write: () => Promise<Result>,
): Promise<{ result: Result; isWritten: boolean }> {
  const isMade = (await mkdir(output, { recursive: true })) !== undefined;
  const result = await write();
  const isWritten = (await ifPresent(stat(file))) !== undefined;
  if (isWritten) await writeNew(join(output, manifestName), manifestOf(verified), 0o644);
  else if (isMade) await rmdir(output);
  return { result, isWritten };
}

/** The manifest of a version as the file of its package. */
function manifestOf({ team, name, manifest }: VerifiedProfile): string {
  const { readme: _, widens: __, variants, ...rest } = manifest;
  const files = variants && { variants: Object.fromEntries(variants.map((one) => [one, name])) };
  const fields = { name, team, ...rest, ...files };
  return stringify(JSON.parse(JSON.stringify(fields)));
}
