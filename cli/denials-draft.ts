// Writes the first version of a profile, as a file or as a package that can be linted and published.

import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type IncludeResolver, lint, quoted } from '../policy/index.ts';
import type { Draft } from '../sdk/denials/draft.ts';
import { ifPresent, readBounded, writeOutput } from '../sdk/files.ts';
import { manifestText } from '../sdk/new-package.ts';
import { isPackageName, manifestName } from '../sdk/package-folder.ts';
import { maxProfileFile } from '../sdk/profile-file.ts';
import { cautionsOf, tellOfMissing } from './denials-patch.ts';
import { CliError, exit } from './framework/command.ts';
import { type Io, visibleLine } from './terminal/io.ts';

/**
 * Writes a draft where `output` says: standard output for none or "-"; a package of two files in a folder that is
 * there, or whose name ends with a slash; else a file. What is there already stays, unless it is the same or `force`.
 */
export async function writeDraft(
  io: Io,
  { name, text, abi }: { name: string; text: string; abi: string },
  output: string | undefined,
  force: boolean,
): Promise<void> {
  if (output === undefined || output === '-') return io.print(text.trimEnd());
  const isFolder = output.endsWith('/') || (await kindOf(output)) === 'folder';
  if (isFolder && !isPackageName(name)) {
    throw new CliError(
      exit.usage,
      `A package can't be named "${name}", so ${output} can't become one.`,
      'Write the profile to a file with -o FILE.',
    );
  }
  const description = `What ${name} was seen to do`;
  const files = isFolder
    ? [
        {
          path: join(output, manifestName),
          data: manifestText({ name, description, abi }),
          keep: true,
        },
        { path: join(output, name), data: text, keep: false },
      ]
    : [{ path: output, data: text, keep: false }];
  for (const { path, data, keep } of files) {
    if (keep || force || (await kindOf(path)) !== 'file') continue;
    if ((await readBounded(path, maxProfileFile)).toString('utf8') === data) continue;
    throw new CliError(
      exit.failed,
      `${path} already exists with other content and was not changed.`,
      'Write to another place, add to it with --patch, or overwrite it with --force.',
    );
  }
  if (isFolder) await mkdir(output, { recursive: true });
  for (const { path, data, keep } of files) {
    // A manifest is what somebody has written by hand: it is never overwritten.
    if (keep && (await kindOf(path)) !== undefined) continue;
    await writeOutput(path, data);
  }
  const more = isFolder ? ` and ${manifestName}` : '';
  const last = files.at(-1)?.path ?? output;
  io.tell(visibleLine(`Wrote ${last}${more}; review it with: aa-registry lint ${output}`));
  if (!isFolder && isPackageName(name)) {
    io.tell(`With -o ${visibleLine(name)}/ it is a package, with its manifest.`);
  }
}

/** Says what a draft needs, where it allows reading or writing secrets or accounts, and what it leaves to its author. */
export function tellOfDraft(
  io: Io,
  name: string,
  { text, needs, children }: Draft,
  resolver: IncludeResolver,
): void {
  for (const message of cautionsOf(lint(text, { resolver })))
    io.tell(visibleLine(`Caution: ${message}`));
  tellOfMissing(io, text, resolver);
  io.tell(`The draft needs AppArmor ${needs} or later.`);
  if (children.length > 0) {
    io.tell(
      visibleLine(
        `The draft has no rule that starts ${children.join(', ')}: complain mode does not log what a rule allows. Add it (cx); a hat needs none.`,
      ),
    );
  }
  if (!name.startsWith('/')) {
    io.tell(
      visibleLine(
        `For a program of the host, put its path behind the name, so that it is confined when it starts: profile ${quoted(name)} /path/to/program`,
      ),
    );
  }
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  const found = await ifPresent(stat(path));
  if (!found) return undefined;
  return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
}
