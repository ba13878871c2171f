import { access, copyFile, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lint } from '../../policy/index.ts';
import type { VerifiedProfile } from '../fetch.ts';
import { stageFile } from './atomic.ts';
import { findDefinition } from './definitions.ts';
import { digestOf } from './digest-of.ts';
import { keep } from './kept.ts';
import { checkKernel } from './kernel.ts';
import { dryRunArguments, findParser, namesArguments, runParser } from './parser.ts';
import { findEscape } from './root.ts';
import {
  type Installation,
  installedPath,
  readInstallation,
  releaseOf,
  statePath,
} from './state.ts';
import { put } from './transaction.ts';
import { uninterrupted } from './uninterrupted.ts';

/** Where to install: a system's root, and whether its kernel is the one that runs. */
export interface Target {
  /** `/` for this machine. Any other root gets the file only: no kernel is touched. */
  root: string;
}

export interface InstallOptions extends Target {
  /** In complain mode or not; when left out, as it is installed already, else not. */
  complain?: boolean | undefined;
  /** The reference that it is installed for; when left out, that of what is installed, else its version. */
  reference?: string | undefined;
  origin?: Installation['origin'];
  /** The version that this one takes back. */
  rolledBackFrom?: string | undefined;
  /** When it was proved, when that was not just now. */
  verifiedAt?: string | undefined;
  now?: () => Date;
  /** Told of each step as it is done. */
  onStep?: (step: string) => void;
}

export type InstallRefusal =
  | 'not-root'
  | 'no-apparmor'
  | 'no-parser'
  | 'root-escapes'
  | 'profile-invalid'
  | 'profile-defined-elsewhere'
  | 'parser-refused'
  | 'kernel-refused';

export type Installed =
  | {
      ok: true;
      file: string;
      /** As the kernel lists it: `enforce`, `complain`, …; `undefined` for another root. */
      mode: string | undefined;
      /** Whether this machine's apparmor_parser has compiled it. */
      checkedByParser: boolean;
      /** Where the file that was there went, when it was not what this program had installed. */
      setAside: string | undefined;
    }
  | { ok: false; id: InstallRefusal; reason: string };

/** The most versions that are kept beside the one that is installed. */
const mostEarlier = 5;

/**
 * Whether profiles can be installed at `root` at all, asked before anything is fetched: this machine needs
 * root, a kernel with AppArmor and apparmor_parser; another root needs none of them.
 */
export async function checkTarget({
  root,
}: Target): Promise<{ ok: true } | { ok: false; id: InstallRefusal; reason: string }> {
  const away = await findEscape(root);
  if (away !== undefined) {
    return { ok: false, id: 'root-escapes', reason: `${away} leads out of ${root}` };
  }
  if (root !== '/') return { ok: true };
  if (process.getuid?.() !== 0) {
    return { ok: false, id: 'not-root', reason: 'loading a profile needs root' };
  }
  const kernel = await checkKernel();
  if (!kernel.ok) return { ok: false, id: 'no-apparmor', reason: kernel.reason };
  if ((await findParser()) === undefined) {
    return { ok: false, id: 'no-parser', reason: 'apparmor_parser is not installed' };
  }
  return { ok: true };
}

/**
 * Installs a verified profile, or changes nothing. It is checked by this project's parser and by a dry run
 * of the host's; then a transaction puts it in place (see transaction.ts). A signal that would end this process
 * waits until it is done. Nobody else may be changing anything meanwhile (see change.ts).
 */
export async function install(
  profile: VerifiedProfile,
  options: InstallOptions,
): Promise<Installed> {
  const { root } = options;
  const target = await checkTarget(options);
  if (!target.ok) return target;
  const { team, name, bytes } = profile;

  const text = decodeUtf8(bytes);
  if (text === undefined) {
    return { ok: false, id: 'profile-invalid', reason: 'it is not valid UTF-8' };
  }
  const report = lint(text, { packageName: name });
  // What was published is published: here it is about what the host would be given.
  const error = report.diagnostics.find(
    ({ id, severity }) => severity === 'error' && id !== 'secret',
  );
  if (error) {
    const { line, column } = error.span.start;
    return { ok: false, id: 'profile-invalid', reason: `${line}:${column}: ${error.message}` };
  }
  const file = installedPath(root, { team, name });
  const other = await findDefinition(join(root, 'etc/apparmor.d'), name, file);
  if (other !== undefined) {
    const reason = `profile ${name} is also defined in ${other}; remove that file, or one would replace the other at every boot`;
    return { ok: false, id: 'profile-defined-elsewhere', reason };
  }

  return uninterrupted(() => checkAndPut(profile, file, options));
}

/** The part of an installation that changes something. */
async function checkAndPut(
  profile: VerifiedProfile,
  file: string,
  options: InstallOptions,
): Promise<Installed> {
  const { root, onStep = () => {} } = options;
  const { name, bytes, digest, offer } = profile;
  const before = await readInstallation(root, profile);
  const parser = await findParser();
  const staged = await stageFile(file, bytes, 0o644);
  try {
    if (parser) {
      const refusal = await tryOut(parser, staged.path, await policyBase(root), name);
      if (refusal) {
        await staged.discard();
        return { ...refusal, reason: refusal.reason.replaceAll(staged.path, file) };
      }
      onStep('Checked with apparmor_parser (dry run)');
    }
    await keep(root, offer, digest);
  } catch (error) {
    await staged.discard().catch(() => {});
    throw error;
  }
  const setAside = await setAsideChanged(root, file, profile, before);
  const done = await put(root, succeed(profile, before, options), staged);
  if (!done.ok) return { ok: false, id: 'kernel-refused', reason: done.reason };
  onStep(`Installed ${file}`);
  const checkedByParser = parser !== undefined;
  if (root !== '/') return { ok: true, file, mode: undefined, checkedByParser, setAside };
  const mode = done.installation.kernel?.mode;
  onStep(`Loaded ${name} into the kernel (${mode ?? 'and it is not listed there'})`);
  return { ok: true, file, mode, checkedByParser, setAside };
}

/** The record of a profile's installation in place of the one before. */
function succeed(
  { team, name, version, digest }: VerifiedProfile,
  before: Installation | undefined,
  options: InstallOptions,
): Installation {
  const { now = () => new Date(), rolledBackFrom } = options;
  const time = now().toISOString();
  // What a rollback leaves comes last, so that another one goes further back and not forth.
  const known = !before
    ? []
    : rolledBackFrom === before.version
      ? [...before.earlier, releaseOf(before)]
      : [releaseOf(before), ...before.earlier];
  return {
    team,
    name,
    version,
    digest,
    file: installedPath('/', { team, name }),
    verifiedAt: options.verifiedAt ?? time,
    installedAt: time,
    reference: options.reference ?? before?.reference ?? `${team}/${name}@${version}`,
    origin: options.origin ?? before?.origin ?? 'pull',
    complain: options.complain ?? before?.complain ?? false,
    earlier: known.filter((one) => one.digest !== digest).slice(0, mostEarlier),
    ...(rolledBackFrom === undefined ? {} : { rolledBackFrom }),
  };
}

/** Keeps a copy of a file that somebody has changed since it was installed, or made before that. */
async function setAsideChanged(
  root: string,
  file: string,
  { digest }: VerifiedProfile,
  before: Installation | undefined,
): Promise<string | undefined> {
  // A link is replaced as such; what it leads to stays where it is.
  const isFile = await lstat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  const found = isFile ? await digestOf(file) : undefined;
  if (found === undefined || found === digest || found === before?.digest) return undefined;
  const folder = statePath(root, 'set-aside');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const copy = join(folder, `${file.slice(file.lastIndexOf('/') + 1)}.${found.slice(7, 19)}`);
  await copyFile(file, copy);
  return copy;
}

/**
 * Has a staged profile compiled and asks which profiles it would define: what it includes from this machine may
 * define others, which loading would replace, changed by what stands before the include.
 */
async function tryOut(
  parser: string,
  staged: string,
  base: string,
  name: string,
): Promise<{ ok: false; id: InstallRefusal; reason: string } | undefined> {
  const listed = await runParser(parser, namesArguments(staged, base));
  if (!listed.ok) return { ok: false, id: 'parser-refused', reason: listed.reason };
  const others = listed.output
    .split('\n')
    .filter((line) => line !== '' && line !== name && !line.startsWith(`${name}//`));
  if (others.length > 0) {
    const reason = `by what it includes it defines ${others.join(', ')} too`;
    return { ok: false, id: 'profile-invalid', reason };
  }
  const dryRun = await runParser(parser, dryRunArguments(staged, base));
  return dryRun.ok ? undefined : { ok: false, id: 'parser-refused', reason: dryRun.reason };
}

/** Where includes are looked up: the target's own policy folder, or this machine's where it has none. */
async function policyBase(root: string): Promise<string> {
  const own = join(root, 'etc/apparmor.d');
  const complete = await access(join(own, 'abstractions')).then(
    () => true,
    () => false,
  );
  return complete ? own : '/etc/apparmor.d';
}

/** The text that exactly these bytes are; a byte order mark is part of it. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
