import { lint, packageOptions } from '../../policy/index.ts';
import { sha256 } from '../../trust/index.ts';
import type { Refusal } from '../refusal.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { packagePath } from './abstractions.ts';
import { checkDefinitions, checkLoaded } from './conflicts.ts';
import { maxPolicy } from './digest-of.ts';
import type { InstallOptions, Target } from './install-options.ts';
import { type Installation, profilesOf } from './installation.ts';
import { checkKernel } from './kernel.ts';
import { succeed } from './next-record.ts';
import { findParser, noParser } from './parser.ts';
import { findUnsafe } from './root.ts';
import { withStagedAbstractions } from './staged-abstractions.ts';
import { installedPlace, readInstallation, statePlace } from './state.ts';
import { store } from './store.ts';
import { put } from './transaction.ts';
import { lookAt, readBytes, type StagedFile, stage, write } from './tree.ts';
import { parserFor, tryProfile } from './trial.ts';
import { withoutInterruption } from './without-interruption.ts';

/** Why nothing can be installed at a root. */
export type TargetRefusal = Refusal<'not-root' | 'no-apparmor' | 'no-parser' | 'root-escapes'>;

export type InstallRefusal =
  | TargetRefusal['id']
  | 'profile-invalid'
  | 'profile-defined-elsewhere'
  | 'profile-loaded-elsewhere'
  | 'parser-refused'
  | 'interrupted'
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

/** A verified package to install, and how. */
export interface InstallPart {
  profile: VerifiedProfile;
  options: InstallOptions;
}

/**
 * Installs a verified profile, or changes nothing. It must not replace what another file defines or something else has
 * loaded (see conflicts.ts). This project's parser and a dry run of the host's check it first;
 * then a transaction activates it (see transaction.ts). A termination signal ends the dry run, and is deferred from then
 * on until all is done. The caller holds the host's lock (see change.ts).
 */
export function install(profile: VerifiedProfile, options: InstallOptions): Promise<Installed> {
  return installTogether({ profile, options }, []);
}

/** Like {@link install}, with other packages in one transaction: those that it needs, and those that need them. */
export async function installTogether(
  first: InstallPart,
  others: readonly InstallPart[],
): Promise<Installed> {
  const { root } = first.options;
  const target = await checkTarget(first.options);
  if (!target.ok) return target;
  const parts = [first, ...others];
  for (const { profile, options } of parts) {
    const refusal = await checkPart(profile, options);
    if (refusal) return profile === first.profile ? refusal : about(profile, refusal);
  }
  return withoutInterruption((interrupted) => checkAndPut(root, first, others, interrupted));
}

/** A refusal of a package that changes with another one. */
function about<Refused extends { reason: string }>(profile: VerifiedProfile, refusal: Refused) {
  return { ...refusal, reason: `${packagePath(profile)}@${profile.version}: ${refusal.reason}` };
}

/** Refuses a package that can't be installed, whatever the rest of the policy is. */
async function checkPart(
  profile: VerifiedProfile,
  { root, replace }: InstallOptions,
): Promise<Refusal<InstallRefusal> | undefined> {
  const text = decodeUtf8(profile.bytes);
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
  if (profile.kind === 'abstraction') return undefined;
  const elsewhere = checkDefinitions(root, profile);
  if (elsewhere) return elsewhere;
  return root === '/' && !replace ? checkLoaded(profile) : undefined;
}

/** The maximum time for the dry runs of all packages that change together, in milliseconds. */
const maxDryRuns = 15 * 60_000;

const interruptedRefusal = {
  ok: false,
  id: 'interrupted',
  reason: 'a signal ended the dry run of apparmor_parser',
} as const;

const tooLong = {
  ok: false,
  id: 'parser-refused',
  reason: `apparmor_parser did not compile all that changes within ${maxDryRuns / 60_000} minutes`,
} as const;

/** The part of an installation that changes the host. */
async function checkAndPut(
  root: string,
  first: InstallPart,
  others: readonly InstallPart[],
  interrupted: AbortSignal,
): Promise<Installed> {
  const parts = [first, ...others];
  const { onStep = () => {} } = first.options;
  const packages = parts.map(({ profile: { team, name, kind, bytes } }) => ({
    named: { team, name, kind },
    bytes,
  }));
  return withStagedAbstractions(root, packages, async (include): Promise<Installed> => {
    const staged: { part: InstallPart; target: Installation; staged: StagedFile }[] = [];
    const discard = async () => {
      for (const one of staged) await one.staged.discard();
    };
    const compiled = parts.filter(({ profile }) => profile.kind !== 'abstraction').length;
    let checked = 0;
    try {
      for (const part of parts) {
        const { profile, options } = part;
        const before = await readInstallation(root, profile);
        staged.push({
          part,
          target: succeed(profile, before, options),
          staged: stage(installedPlace(root, profile), profile.bytes, 0o644),
        });
      }
      const signal = AbortSignal.any([interrupted, AbortSignal.timeout(maxDryRuns)]);
      for (const { part, staged: file } of staged) {
        const { profile } = part;
        const parser = await parserFor(root, profile);
        if (!parser || profile.kind === 'abstraction') continue;
        const trial = { file, include, packages, signal };
        const refusal = await tryProfile(parser, root, profile, trial);
        if (refusal) {
          await discard();
          if (signal.aborted) return interrupted.aborted ? interruptedRefusal : tooLong;
          return part === first ? refusal : about(profile, refusal);
        }
        checked++;
        if (compiled > 1) onStep(`Checked ${packagePath(profile)} with apparmor_parser`);
      }
      if (interrupted.aborted) {
        await discard();
        return interruptedRefusal;
      }
      if (checked > 0) onStep('Checked with apparmor_parser (dry run)');
      for (const { profile } of parts) await store(root, profile.evidence);
    } catch (error) {
      await discard().catch(() => {});
      throw error;
    }
    const setAside: (string | undefined)[] = [];
    for (const { profile } of parts) {
      const before = await readInstallation(root, profile);
      setAside.push(await setAsideChanged(root, profile, before));
    }
    const done = await put(root, staged, { include });
    if (!done.ok) return { ok: false, id: 'kernel-refused', reason: done.reason };
    const file = installedPlace(root, first.profile).path;
    for (const { profile } of parts) onStep(`Installed ${installedPlace(root, profile).path}`);
    const result = { ok: true as const, file, checkedByParser: checked > 0, setAside: setAside[0] };
    if (root !== '/') return { ...result, mode: undefined };
    for (const installation of done.installations) {
      const names = profilesOf(installation);
      const mode = installation.kernel?.mode ?? 'but it is not listed there';
      if (names.length > 0) onStep(`Loaded ${names.join(', ')} into the kernel (${mode})`);
    }
    const own = done.installations.find((one) => packagePath(one) === packagePath(first.profile));
    return { ...result, mode: own?.kernel?.mode };
  });
}

/** Saves a copy of a file that was changed since it was installed, or existed before. */
async function setAsideChanged(
  root: string,
  profile: VerifiedProfile,
  before: Installation | undefined,
): Promise<string | undefined> {
  const { digest } = profile;
  const place = installedPlace(root, profile).ofAnybody;
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

/** Decodes exact bytes; a byte order mark is part of the text. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
