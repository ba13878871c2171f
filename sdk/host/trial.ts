// A dry run of apparmor_parser with what is about to be installed.
import { compareReleaseNumbers, definedProfiles } from '../../trust/index.ts';
import type { Refusal } from '../refusal.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { dryRunArguments, findParser, namesArguments, runParser } from './parser.ts';
import { type PolicyCopy, withPolicyCopy } from './policy-copy.ts';
import { hostRelease } from './release.ts';
import type { StagedPackage } from './staged-abstractions.ts';
import { installedPlace, policyPlace } from './state.ts';
import type { StagedFile } from './tree.ts';

type TrialRefusal = Refusal<'profile-invalid' | 'parser-refused'>;

/** Compiles a staged profile with the abstractions that are installed with it. */
export async function tryProfile(
  parser: string,
  root: string,
  profile: VerifiedProfile,
  {
    file: staged,
    include,
    packages,
    signal,
  }: {
    file: StagedFile;
    include: string | undefined;
    packages: readonly StagedPackage[];
    /** Ends it early. */
    signal: AbortSignal;
  },
): Promise<TrialRefusal | undefined> {
  const file = installedPlace(root, profile).path;
  const names = definedProfiles(profile);
  const abstractions = packages.filter(({ named }) => named.kind === 'abstraction');
  const refusal =
    root === '/'
      ? await tryOut(
          parser,
          { file: staged.path, base: policyPlace('/').path, cwd: '/', include },
          names,
          signal,
        )
      : await withPolicyCopy(root, { name: file, bytes: profile.bytes, abstractions }, (copy) =>
          tryOut(parser, copy, names, signal),
        );
  return refusal && { ...refusal, reason: refusal.reason.replaceAll(staged.path, file) };
}

/** The parser to check a profile with: none, if it is a variant for newer systems than this one in another root. */
export async function parserFor(
  root: string,
  { variant }: VerifiedProfile,
): Promise<string | undefined> {
  const release = root === '/' || variant === undefined ? undefined : await hostRelease();
  const isNewer = variant && release && compareReleaseNumbers(variant, release) > 0;
  return isNewer ? undefined : findParser();
}

/**
 * Compiles a staged profile and lists the profiles that it would define: its includes may define others, modified by
 * preceding statements, which loading would replace.
 */
async function tryOut(
  parser: string,
  { file, base, cwd, include }: PolicyCopy,
  names: readonly string[],
  signal: AbortSignal,
): Promise<TrialRefusal | undefined> {
  const listed = await runParser(parser, namesArguments(file, base, include), { cwd, signal });
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
  const dryRun = await runParser(parser, dryRunArguments(file, base, include), { cwd, signal });
  return dryRun.ok ? undefined : { ok: false, id: 'parser-refused', reason: dryRun.reason };
}
