import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { lint } from '../../policy/index.ts';
import type { VerifiedProfile } from '../fetch.ts';
import { type StagedFile, stageFile } from './atomic.ts';
import { findDefinition } from './definitions.ts';
import { checkKernel, loadedProfiles } from './kernel.ts';
import {
  dryRunArguments,
  findParser,
  namesArguments,
  type ParserRun,
  runParser,
} from './parser.ts';
import { findEscape } from './root.ts';
import { stageInstallation } from './state.ts';
import { uninterrupted } from './uninterrupted.ts';

/** Where to install: a system's root, and whether its kernel is the one that runs. */
export interface Target {
  /** `/` for this machine. Any other root gets the file only: no kernel is touched. */
  root: string;
}

export interface InstallOptions extends Target {
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
    }
  | { ok: false; id: InstallRefusal; reason: string };

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

/** The file a profile is installed as: at the top level, the only one that boot loads. */
export function installedPath(root: string, team: string, name: string): string {
  return join(root, 'etc/apparmor.d', `aa-registry.${team}.${name}`);
}

/**
 * Installs a verified profile, or changes nothing. It is checked by this project's parser and by a dry run
 * of the host's; then the kernel loads it from a staged file; only then is that file renamed into place. So
 * a file that boot will load is one that this kernel has accepted, whenever the power goes. A signal that would
 * end this process waits until it is done.
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
  const error = report.diagnostics.find(({ severity }) => severity === 'error');
  if (error) {
    const { line, column } = error.span.start;
    return { ok: false, id: 'profile-invalid', reason: `${line}:${column}: ${error.message}` };
  }
  const file = installedPath(root, team, name);
  const other = await findDefinition(join(root, 'etc/apparmor.d'), name, file);
  if (other !== undefined) {
    const reason = `profile ${name} is also defined in ${other}; remove that file, or one would replace the other at every boot`;
    return { ok: false, id: 'profile-defined-elsewhere', reason };
  }

  return uninterrupted(() => put(profile, file, options));
}

/** The part of an installation that changes something. */
async function put(
  { team, name, version, digest, bytes }: VerifiedProfile,
  file: string,
  { root, onStep = () => {}, now = () => new Date() }: InstallOptions,
): Promise<Installed> {
  const staged = await stageFile(file, bytes, 0o644);
  const parser = await findParser();
  let record: StagedFile | undefined;
  let loaded: ParserRun | undefined;
  const discard = async () => {
    for (const one of [record, staged]) await one?.discard().catch(() => {});
  };
  try {
    if (parser) {
      const refusal = await tryOut(parser, staged.path, await policyBase(root), name);
      if (refusal) {
        await discard();
        return { ...refusal, reason: refusal.reason.replaceAll(staged.path, file) };
      }
      onStep('Checked with apparmor_parser (dry run)');
    }
    // Before anything changes: where this can't be written down, nothing is installed.
    record = await stageInstallation(root, {
      team,
      name,
      version,
      digest,
      file: installedPath('/', team, name),
      installedAt: now().toISOString(),
    });
    if (parser && root === '/') loaded = await load(parser, staged.path);
    if (loaded?.ok === false) {
      await discard();
      return {
        ok: false,
        id: 'kernel-refused',
        reason: loaded.reason.replaceAll(staged.path, file),
      };
    }
    await staged.commit();
    await record.commit();
  } catch (error) {
    if (parser && loaded?.ok) await unload(parser, staged.path, file);
    await discard();
    throw error;
  }
  onStep(`Installed ${file}`);
  if (root !== '/') {
    return { ok: true, file, mode: undefined, checkedByParser: parser !== undefined };
  }

  // The kernel has this very policy already; loading it from its final name also caches it for boot.
  if (parser) await runParser(parser, ['--replace', '--write-cache', file]);
  const mode = (await loadedProfiles()).get(name);
  onStep(`Loaded ${name} into the kernel (${mode ?? 'and it is not listed there'})`);
  return { ok: true, file, mode, checkedByParser: true };
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

/** Loads a staged profile: it replaces the one of that name at once, or nothing changes. */
function load(parser: string, staged: string): Promise<ParserRun> {
  return runParser(parser, ['--replace', '--skip-cache', staged]);
}

/** Takes a profile back out of the kernel: the installed file's policy comes in its place, if there is one. */
async function unload(parser: string, staged: string, file: string): Promise<void> {
  const before = await access(file).then(
    () => true,
    () => false,
  );
  await (before ? load(parser, file) : runParser(parser, ['--remove', staged]));
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
