import { lint, packageOptions } from '../../policy/index.ts';
import { compareReleaseNumbers, definedProfiles, sha256 } from '../../trust/index.ts';
import type { Refusal } from '../refusal.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { checkDefinitions, checkLoaded } from './conflicts.ts';
import { maxPolicy } from './digest-of.ts';
import {
  type Earlier,
  type Installation,
  recordManifest,
  releaseOf,
  wasLeft,
} from './installation.ts';
import { checkKernel } from './kernel.ts';
import { dryRunArguments, findParser, namesArguments, noParser, runParser } from './parser.ts';
import { type PolicyCopy, withPolicyCopy } from './policy-copy.ts';
import { hostRelease } from './release.ts';
import { findUnsafe } from './root.ts';
import { installedPlace, policyPlace, readInstallation, statePlace } from './state.ts';
import { store } from './store.ts';
import { put } from './transaction.ts';
import { lookAt, type Place, readBytes, stage, write } from './tree.ts';
import { withoutInterruption } from './without-interruption.ts';

/** Where to install: a system's root, and whether it is this machine's. */
export interface Target {
  /** `/` for this machine. For any other root only files are written, and no kernel is touched. */
  root: string;
}

export interface InstallOptions extends Target {
  /** Whether to load in complain mode; default as installed already, else false. */
  complain?: boolean | undefined;
  /** Whether `complain` is the operator's choice, which overrides profiles.toml; default as before. */
  complainChosen?: boolean | undefined;
  /** The reference it is installed for; default that of the current installation, else its version. */
  reference?: string | undefined;
  origin?: Installation['origin'];
  /** Whether profiles that something else has loaded may be replaced; by default not. */
  replace?: boolean | undefined;
  /** The version that this rollback leaves. */
  rolledBackFrom?: string | undefined;
  /** When it was verified, unless just now. */
  verifiedAt?: string | undefined;
  now?: () => Date;
  /** Called after each step. */
  onStep?: (step: string) => void;
}

/** Why nothing can be installed at a root. */
export type TargetRefusal = Refusal<'not-root' | 'no-apparmor' | 'no-parser' | 'root-escapes'>;

export type InstallRefusal =
  | TargetRefusal['id']
  | 'profile-invalid'
  | 'profile-defined-elsewhere'
  | 'profile-loaded-elsewhere'
  | 'parser-refused'
  | 'kernel-refused';

export type Installed =
  | {
      ok: true;
      file: string;
      /** The mode in the kernel: `enforce`, `complain`, …; `undefined` for another root. */
      mode: string | undefined;
      /** Whether this machine's apparmor_parser compiled it. */
      checkedByParser: boolean;
      /** The path that an existing file was moved to, unless this program had installed it. */
      setAside: string | undefined;
    }
  | Refusal<InstallRefusal>;

/** The maximum number of stored versions besides the installed one. */
const maxEarlier = 5;

/**
 * Whether profiles can be installed at `root`, checked before fetching: this machine requires root, a kernel with
 * AppArmor and apparmor_parser; another root requires none of them.
 */
export async function checkTarget({ root }: Target): Promise<{ ok: true } | TargetRefusal> {
  const unsafe = findUnsafe(root);
  if (unsafe) return { ok: false, id: 'root-escapes', reason: unsafe.message, next: unsafe.next };
  if (root !== '/') return { ok: true };
  if (process.getuid?.() !== 0) {
    return { ok: false, id: 'not-root', reason: 'loading a profile requires root' };
  }
  const kernel = await checkKernel();
  if (!kernel.ok) return { ok: false, id: 'no-apparmor', reason: kernel.reason };
  return (await findParser()) === undefined ? noParser : { ok: true };
}

/**
 * Installs a verified profile, or changes nothing. It must not replace what another file defines or something else has
 * loaded (see conflicts.ts). This project's parser and a dry run of the host's check it first;
 * then a transaction activates it (see transaction.ts). Termination signals are deferred until it is done. The caller
 * holds the host's lock (see change.ts).
 */
export async function install(
  profile: VerifiedProfile,
  options: InstallOptions,
): Promise<Installed> {
  const { root } = options;
  const target = await checkTarget(options);
  if (!target.ok) return target;
  const { bytes } = profile;

  const text = decodeUtf8(bytes);
  if (text === undefined) {
    return { ok: false, id: 'profile-invalid', reason: 'it is not valid UTF-8' };
  }
  // What was right when it was published stays so.
  const { manifestAbi: _, target: __, until: ___, ...rules } = packageOptions(profile);
  const report = lint(text, rules);
  // What was published is published: here it is about what the host would be given.
  const error = report.diagnostics.find(
    ({ id, severity }) => severity === 'error' && id !== 'secret',
  );
  if (error) {
    const { line, column } = error.span.start;
    return { ok: false, id: 'profile-invalid', reason: `${line}:${column}: ${error.message}` };
  }
  const elsewhere = checkDefinitions(root, profile);
  if (elsewhere) return elsewhere;
  const loaded = root === '/' && !options.replace ? await checkLoaded(profile) : undefined;
  if (loaded) return loaded;

  return withoutInterruption(() => checkAndPut(profile, installedPlace(root, profile), options));
}

/** The part of an installation that changes the host. */
async function checkAndPut(
  profile: VerifiedProfile,
  place: Place,
  options: InstallOptions,
): Promise<Installed> {
  const file = place.path;
  const { root, onStep = () => {} } = options;
  const { bytes, evidence } = profile;
  const names = definedProfiles(profile);
  const before = await readInstallation(root, profile);
  const parser = await parserFor(root, profile);
  const staged = stage(place, bytes, 0o644);
  try {
    if (parser) {
      const refusal =
        root === '/'
          ? await tryOut(
              parser,
              { file: staged.path, base: policyPlace('/').path, cwd: '/' },
              names,
            )
          : await withPolicyCopy(root, { name: file, bytes }, (copy) =>
              tryOut(parser, copy, names),
            );
      if (refusal) {
        await staged.discard();
        return { ...refusal, reason: refusal.reason.replaceAll(staged.path, file) };
      }
      onStep('Checked with apparmor_parser (dry run)');
    }
    await store(root, evidence);
  } catch (error) {
    await staged.discard().catch(() => {});
    throw error;
  }
  const setAside = await setAsideChanged(root, profile, before);
  const done = await put(root, succeed(profile, before, options), staged);
  if (!done.ok) return { ok: false, id: 'kernel-refused', reason: done.reason };
  onStep(`Installed ${file}`);
  const checkedByParser = parser !== undefined;
  if (root !== '/') return { ok: true, file, mode: undefined, checkedByParser, setAside };
  const mode = done.installation.kernel?.mode;
  onStep(`Loaded ${names.join(', ')} into the kernel (${mode ?? 'but it is not listed there'})`);
  return { ok: true, file, mode, checkedByParser, setAside };
}

/** The parser to check a profile with: none, if it is a variant for newer systems than this one in another root. */
async function parserFor(root: string, { variant }: VerifiedProfile): Promise<string | undefined> {
  const release = root === '/' || variant === undefined ? undefined : await hostRelease();
  const isNewer = variant && release && compareReleaseNumbers(variant, release) > 0;
  return isNewer ? undefined : findParser();
}

/** The new record of a profile's installation. */
function succeed(
  profile: VerifiedProfile,
  before: Installation | undefined,
  options: InstallOptions,
): Installation {
  const { team, name, version, digest, versionDigest } = profile;
  const { now = () => new Date(), rolledBackFrom } = options;
  const time = now().toISOString();
  const complain = options.complain ?? before?.complain ?? false;
  const complainChosen = complain && (options.complainChosen ?? before?.complainChosen ?? false);
  const isRollback = before !== undefined && rolledBackFrom === before.version;
  const known = !before
    ? []
    : isRollback
      ? earlierAfterRollback(before, version)
      : [releaseOf(before), ...before.earlier];
  return {
    team,
    name,
    ...recordManifest(profile.manifest, profile.variant),
    version,
    digest,
    ...(versionDigest !== digest && { versionDigest }),
    file: installedPlace('/', { team, name }).path,
    verifiedAt: options.verifiedAt ?? time,
    installedAt: time,
    reference: options.reference ?? before?.reference ?? `${team}/${name}@${version}`,
    origin: options.origin ?? before?.origin ?? 'pull',
    complain,
    ...(complainChosen ? { complainChosen } : {}),
    earlier: known.filter((one) => one.version !== version).slice(0, maxEarlier),
    ...(rolledBackFrom === undefined ? {} : { rolledBackFrom }),
    // What waits was compared with this text.
    ...(before?.digest === digest ? pickUpdate(before) : {}),
  };
}

function pickUpdate({
  waiting,
  approved,
}: Installation): Pick<Installation, 'waiting' | 'approved'> {
  return { ...(waiting && { waiting }), ...(approved && { approved }) };
}

/**
 * The releases installed before the target of a rollback. The ones that it leaves or skips come last and are marked, so
 * that another rollback goes further back and never forward.
 */
function earlierAfterRollback(before: Installation, version: string): Earlier[] {
  const { earlier } = before;
  const at = earlier.findIndex((one) => one.version === version);
  const older = earlier.filter((one, index) => index > at && !wasLeft(before, one));
  const left = [releaseOf(before), ...earlier.filter((one) => !older.includes(one))];
  return [...older, ...left.map((one) => ({ ...one, left: true }))];
}

/** Saves a copy of a file that was changed since it was installed, or existed before. */
async function setAsideChanged(
  root: string,
  { team, name, digest }: VerifiedProfile,
  before: Installation | undefined,
): Promise<string | undefined> {
  const place = installedPlace(root, { team, name }).ofAnybody;
  const found = lookAt(place);
  // Anything but a file, such as a link, is replaced itself; a link's target stays.
  if (found?.kind !== 'file') return undefined;
  const bytes = readBytes(place, maxPolicy);
  const present = bytes && (await sha256(new Uint8Array(bytes)));
  if (!bytes || !present || present === digest || present === before?.digest) return undefined;
  const copy = statePlace(root, 'set-aside', `${place.name}.${present.slice(7, 19)}`);
  // Readable only by those who could read the original.
  await write(copy, bytes, found.stats.mode & 0o644);
  return copy.path;
}

/**
 * Compiles a staged profile and lists the profiles that it would define: its includes may define others, modified by
 * preceding statements, which loading would replace.
 */
async function tryOut(
  parser: string,
  { file, base, cwd }: PolicyCopy,
  names: readonly string[],
): Promise<{ ok: false; id: InstallRefusal; reason: string } | undefined> {
  const listed = await runParser(parser, namesArguments(file, base), { cwd });
  if (!listed.ok) return { ok: false, id: 'parser-refused', reason: listed.reason };
  const others = listed.output
    .split('\n')
    .filter(
      (line) => line !== '' && !names.some((name) => line === name || line.startsWith(`${name}//`)),
    );
  if (others.length > 0) {
    const reason = `its includes also define ${others.join(', ')}`;
    return { ok: false, id: 'profile-invalid', reason };
  }
  const dryRun = await runParser(parser, dryRunArguments(file, base), { cwd });
  return dryRun.ok ? undefined : { ok: false, id: 'parser-refused', reason: dryRun.reason };
}

/** Decodes exact bytes; a byte order mark is part of the text. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
