// Writes the first version of a profile, as a file or as a package that can be linted and published.

import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { check, type IncludeResolver, lint, quoted } from '../policy/index.ts';
import { abis, type Draft } from '../sdk/denials/draft.ts';
import { ifPresent, readBounded, writeOutput } from '../sdk/files.ts';
import { manifestText, readmeText } from '../sdk/new-package.ts';
import { isPackageName, manifestName, readmeName } from '../sdk/package-folder.ts';
import { maxProfileFile } from '../sdk/profile-file.ts';
import { shellWord } from '../sdk/shell-word.ts';
import { cautionsOf, reportMissing } from './denials-patch.ts';
import { CliError, exit } from './framework/command.ts';
import { type Io, visibleLine } from './terminal/io.ts';

/**
 * Writes a draft to `output`: standard output if it is undefined or "-"; a package if it is an existing
 * folder or ends with a slash; otherwise a file. Existing files with other content are overwritten only with `force`.
 */
export async function writeDraft(
  io: Io,
  { name, text, abi }: { name: string; text: string; abi: string },
  output: string | undefined,
  force: boolean,
): Promise<void> {
  if (output === undefined || output === '-') return io.print(text.trimEnd());
  const isFolder = await isPackageOutput(output);
  if (isFolder && !isPackageName(name)) {
    throw new CliError(
      exit.usage,
      `"${name}" is not a valid package name, so ${output} can’t be a package.`,
      'Write the profile to a file with -o FILE.',
    );
  }
  const description = `Allows what ${name} did while its log was recorded`;
  const files = isFolder
    ? [
        {
          path: join(output, manifestName),
          data: manifestText({ name, description, abi }),
          keep: true,
        },
        { path: join(output, readmeName), data: readmeText(name), keep: true },
        { path: join(output, name), data: text, keep: false },
      ]
    : [{ path: output, data: text, keep: false }];
  for (const { path, data, keep } of files) {
    if (keep || force || (await kindOf(path)) !== 'file') continue;
    if ((await readBounded(path, maxProfileFile)).toString('utf8') === data) continue;
    throw new CliError(
      exit.failed,
      `${path} already exists with other content and was not changed.`,
      'Use another name, add to it with --patch, or overwrite it with --force.',
    );
  }
  if (isFolder) await mkdir(output, { recursive: true });
  for (const { path, data, keep } of files) {
    // A manifest and a README are written by hand and never overwritten.
    if (keep && (await kindOf(path)) !== undefined) continue;
    await writeOutput(path, data);
  }
  const more = isFolder ? `, ${manifestName} and ${readmeName}` : '';
  const last = files.at(-1)?.path ?? output;
  io.note(
    visibleLine(`Wrote ${last}${more}; review it with: aa-registry lint ${shellWord(output)}`),
  );
  if (!isFolder && isPackageName(name)) {
    io.note(`To write a package with a manifest, use -o ${visibleLine(name)}/.`);
  }
}

/** Whether `output` names a folder, so that the draft becomes a package. */
export async function isPackageOutput(output: string | undefined): Promise<boolean> {
  if (output === undefined || output === '-') return false;
  return output.endsWith('/') || (await kindOf(output)) === 'folder';
}

/**
 * Prints the release a draft needs, its rules that read or write secrets or accounts, and what its author has to
 * complete. Returns the exit code, which says whether the AppArmor of the base policy can load it.
 */
export function reportDraft(
  io: Io,
  name: string,
  { text, abi, needs, children }: Draft,
  resolver: IncludeResolver,
): number {
  for (const message of cautionsOf(lint(text, { resolver })))
    io.note(visibleLine(`Caution: ${message}`));
  reportMissing(io, text, resolver);
  io.note(`The draft needs AppArmor ${needs} or later.`);
  if (children.length > 0) {
    io.note(
      visibleLine(
        `The draft has no rule to run ${children.join(', ')}: complain mode does not log what a rule allows. Add a cx rule; a hat needs none.`,
      ),
    );
  }
  if (!name.startsWith('/')) {
    io.note(
      visibleLine(
        `For a program on the host, add its path after the name, so that the profile attaches to it: profile ${quoted(name)} /path/to/program`,
      ),
    );
  }
  const finds = (head: string) =>
    !check(`${head}\n`, { resolver }).diagnostics.some(({ id }) => id.startsWith('missing-'));
  // Without AppArmor's own files, nothing is known about its release.
  const hasPolicy = finds('abi <abi/3.0>,') || finds('include <tunables/global>');
  if (!hasPolicy || finds(`abi <abi/${abi}>,`)) return exit.ok;
  const newest = abis.findLast((one) => finds(`abi <abi/${one}>,`));
  const own = newest === undefined ? 'is older than AppArmor 3.0' : `is of AppArmor ${newest}`;
  io.note(
    `The policy of this machine ${own} and lacks <abi/${abi}>, so it can’t load the draft (exit code 1). Load it on a host with AppArmor ${abi} or later.`,
  );
  return exit.failed;
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  const found = await ifPresent(stat(path));
  if (!found) return undefined;
  return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
}
