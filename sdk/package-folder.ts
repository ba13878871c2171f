import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { maxReadmeLength } from '../contract/index.ts';
import { type Diagnostic, hiddenTextDiagnostics, lineAt, secretsIn } from '../policy/index.ts';
import { isProfileName, type Manifest, sha256 } from '../trust/index.ts';
import { isSdkError, SdkError } from './error.ts';
import { readBounded, readOwnFile } from './files.ts';
import { templateDiagnostics } from './new-package.ts';
import { ManifestFile, manifestFields } from './package-manifest.ts';
import { variantsOf } from './package-variants.ts';
import { shellWord } from './shell-word.ts';
import { parseToml } from './toml.ts';

/** A profile's file in a package. */
export interface PackageFile {
  file: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A package to publish: a folder with `aa-profile.toml` and the profile. */
export interface PackageFolder {
  team: string;
  name: string;
  manifest: Manifest;
  /** The profile's path, or that of the first variant. */
  file: string;
  /** Its exact bytes. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The files of the further variants, in the order of the manifest. */
  others: PackageFile[];
  /** The text of README.md, if the folder has one; the manifest has its digest. */
  readme: string | undefined;
  /** Warnings about the manifest and README; `file` names which. */
  warnings: Diagnostic[];
}

export const manifestName = 'aa-profile.toml';
export const readmeName = 'README.md';

/** Whether a name is valid for a package. */
export const isPackageName = isProfileName;

/** The maximum size of a manifest's and a README's file, in bytes. */
const maxManifest = 64 * 1024;
const maxReadme = 4 * maxReadmeLength;

/** The maximum size of a profile's file, in bytes: a registry accepts 256 KiB by default. */
const maxProfile = 8 * 1024 * 1024;

/**
 * Reads a package folder, each file once: regular files in the folder itself, without following links. Throws {@link
 * SdkError} with the fix, also if the manifest or README contains what looks like a private key or token; lint checks
 * the profile for those.
 */
export async function readPackageFolder(folder: string): Promise<PackageFolder> {
  const path = join(folder, manifestName);
  const manifestBytes = await readPart(path, maxManifest);
  if (!manifestBytes) {
    const isFolder = await stat(folder).then(
      (one) => one.isDirectory(),
      () => false,
    );
    const next = isFolder ? `To start one: aa-registry init ${shellWord(folder)}` : undefined;
    throw new SdkError('package-invalid', await whyNoManifest(folder), { next });
  }
  const source = decode(path, manifestBytes);
  requireNoSecret(path, source);
  const parsed = parseToml(path, source, ManifestFile, manifestFields);
  if (!parsed.ok) throw new SdkError('package-invalid', parsed.reason);
  // TOML has escapes, so the parsed values are checked as well.
  requireNoSecret(path, JSON.stringify(parsed.value));
  const { name, team, variants, ...fields } = parsed.value;
  const listed = variants && variantsOf(variants);
  const manifest = { ...fields, ...(listed && { variants: listed.map(({ release }) => release) }) };
  const files: PackageFile[] = [];
  for (const part of listed?.map((one) => one.name) ?? [name]) {
    const file = join(folder, part);
    const bytes = await readPart(file, maxProfile);
    if (!bytes)
      throw new SdkError('package-invalid', `${folder} has no profile file named ${part}`);
    files.push({ file, bytes });
  }
  const [{ file, bytes }, ...others] = files as [PackageFile, ...PackageFile[]];
  const readme = await readReadme(join(folder, readmeName));
  const digest = readme === undefined ? undefined : await sha256(new TextEncoder().encode(readme));
  return {
    team,
    name,
    manifest: { ...manifest, ...(digest === undefined ? {} : { readme: digest }) },
    file,
    bytes,
    others,
    readme,
    warnings: [
      ...templateDiagnostics({
        name,
        team,
        description: manifest.description,
        abi: manifest.abi,
        manifest: { file: path, text: source },
        profile: { file, text: new TextDecoder().decode(bytes) },
        readme: readme === undefined ? undefined : { file: join(folder, readmeName), text: readme },
      }),
      ...hiddenInManifest(path, source, parsed.value),
      ...(readme === undefined
        ? []
        : hiddenTextDiagnostics('README', readme, join(folder, readmeName))),
    ],
  };
}

/** Why a folder is not a package. */
async function whyNoManifest(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) return `folder ${folder} not found`;
  const it = `a package is a folder with a profile and its ${manifestName}`;
  return found.isDirectory()
    ? `${folder} has no ${manifestName}; ${it}`
    : `${folder} is a file; ${it}`;
}

/** A secret in a manifest: as written, or else behind TOML escapes, which have no position. */
function hiddenInManifest(path: string, source: string, value: unknown): Diagnostic[] {
  const written = hiddenTextDiagnostics('manifest', source, path);
  if (written.length > 0) return written;
  const start = { offset: 0, line: 1, column: 1 };
  return hiddenTextDiagnostics('manifest', JSON.stringify(value), path).map((one) => ({
    ...one,
    span: { start, end: start },
  }));
}

async function readReadme(path: string): Promise<string | undefined> {
  const bytes = await readPart(path, maxReadme);
  if (!bytes) return undefined;
  const text = decode(path, bytes);
  if (text.length > maxReadmeLength) {
    throw new SdkError('package-invalid', `${path} has more than ${maxReadmeLength} characters`);
  }
  requireNoSecret(path, text);
  return text;
}

/** A file of a package; `undefined` if it does not exist. */
async function readPart(path: string, limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await readOwnFile(path, limit);
  } catch (error) {
    if (!isSdkError(error, 'file-unusable')) throw error;
    throw new SdkError(
      'package-invalid',
      `${error.message}; a package's files are regular files in its folder`,
    );
  }
}

function requireNoSecret(path: string, text: string): void {
  const [secret] = secretsIn(text);
  if (!secret) return;
  const place = `${path}:${lineAt(text, secret.start)}`;
  throw new SdkError(
    'package-invalid',
    `${place} holds what looks like ${secret.what} [secret]; "aa-registry explain secret" says more`,
  );
}

/** Reads a profile's bytes and text. Throws {@link SdkError} if they are not UTF-8 or contain a NUL. */
export async function readProfile(
  file: string,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; text: string }> {
  const bytes = new Uint8Array(await readBounded(file, maxProfile));
  return { bytes, text: decode(file, bytes) };
}

/** The text of a package's profile. Throws {@link SdkError} if it is not UTF-8 or contains a NUL. */
export function profileText({ file, bytes }: PackageFile): string {
  return decode(file, bytes);
}

function decode(file: string, bytes: Uint8Array): string {
  let text: string;
  try {
    // ignoreBOM preserves a byte order mark, so that the text matches the bytes.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Keys are also kept in binary files: in base64 they are what is refused in a text.
    requireNoSecret(file, Buffer.from(bytes).toString('base64'));
    throw new SdkError('package-invalid', `${file} is not valid UTF-8`);
  }
  if (text.includes('\0')) throw new SdkError('package-invalid', `${file} contains a NUL byte`);
  return text;
}
