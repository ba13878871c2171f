import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { defaultTeam, isProfileName, isTeam, Manifest, sha256 } from '../trust/index.ts';
import { longestReadme } from '../worker/api/schema/index.ts';
import { parseToml } from './toml.ts';

/** A profile ready to be published: a folder with `aa-profile.toml` and the profile itself. */
export interface PackageFolder {
  team: string;
  name: string;
  manifest: Manifest;
  /** The profile's path: the folder's file of the package's name. */
  file: string;
  /** The text of README.md, when the folder has one; the manifest has its digest. */
  readme: string | undefined;
}

const manifestName = 'aa-profile.toml';

const ManifestFile = Manifest.omit({ readme: true })
  .extend({
    name: z.string().refine(isProfileName, 'must be a profile name'),
    team: z.string().refine(isTeam, 'must be a team name').default(defaultTeam),
    images: Manifest.shape.images.default([]),
  })
  .strict();

/** The folder is no package, or its manifest can't be followed. */
export class PackageError extends Error {}

/** Reads a package folder's manifest. Throws {@link PackageError} saying what to mend. */
export async function readPackageFolder(folder: string): Promise<PackageFolder> {
  const path = join(folder, manifestName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new PackageError(`${folder} has no ${manifestName} beside the profile`);
  }
  const parsed = parseToml(text, ManifestFile);
  if (!parsed.ok) throw new PackageError(`${path}: ${parsed.reason}`);
  const { name, team, ...manifest } = parsed.value;
  const file = join(folder, name);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new PackageError(`${folder} has no profile file named ${name}`);
  const readme = await readReadme(join(folder, 'README.md'));
  const digest = readme === undefined ? undefined : await sha256(new TextEncoder().encode(readme));
  return {
    team,
    name,
    manifest: { ...manifest, ...(digest === undefined ? {} : { readme: digest }) },
    file,
    readme,
  };
}

async function readReadme(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const { text } = await readProfile(path);
  if (text.length <= longestReadme) return text;
  throw new PackageError(`${path} has more than ${longestReadme} characters`);
}

/** Reads a profile's bytes and text. Throws {@link PackageError} when they are not UTF-8 or hold a NUL. */
export async function readProfile(
  file: string,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; text: string }> {
  const bytes = new Uint8Array(await readFile(file));
  let text: string;
  try {
    // ignoreBOM keeps a byte order mark in the text, so that text and bytes stay the same thing.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PackageError(`${file} is not valid UTF-8`);
  }
  if (text.includes('\0')) throw new PackageError(`${file} holds a NUL byte`);
  return { bytes, text };
}
