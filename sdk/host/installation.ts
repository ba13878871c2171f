import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import {
  compareVersions,
  type Digest,
  isDefinedName,
  isDigest,
  isPackagePath,
  isProfileName,
  isReleaseNumber,
  isTeam,
  isVersion,
  isVersionOrRange,
  type Manifest,
  maxDependencies,
  maxNeeded,
} from '../../trust/index.ts';
import { chosenVariant, type VariantChoice } from '../resolve/variant.ts';

// What a host records about a package that it installed.

/** A version that was verified and stored with its evidence (see store.ts). */
const Release = z.object({
  version: z.string().refine(isVersion),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  /** The digest that stands for the version, if that is another: of a version with variants, that of the first. */
  versionDigest: z
    .custom<Digest>((value) => typeof value === 'string' && isDigest(value))
    .optional(),
  /** The versions of all packages that it needs, as they were installed with it, by `team/name`. */
  needed: z
    .record(z.string().refine(isPackagePath), z.string().refine(isVersion))
    .refine((all) => Object.keys(all).length <= maxNeeded)
    .optional(),
  /** When it was verified; the age of its checkpoint counts at that time. */
  verifiedAt: z.iso.datetime(),
});
export type Release = z.infer<typeof Release>;

/** A previously installed release, and whether a rollback left it: then rollbacks skip it unless it is named. */
const Earlier = Release.extend({ left: z.boolean().optional() });
export type Earlier = z.infer<typeof Earlier>;

/** A version that sync does not install without approval, because of what profiles.toml says about updates. */
const Waiting = z.object({
  version: z.string().refine(isVersion),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  /** When a sync first found it. */
  since: z.iso.datetime(),
  /** What it permits that the installed version does not, a line each, and the number of further lines. */
  reasons: z.array(z.string()),
  more: z.int(),
});
export type Waiting = z.infer<typeof Waiting>;

/** A version that the operator approved: by its digest, so that no other one is let in. */
const Approved = z.object({
  version: z.string().refine(isVersion),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  /** The digests of the packages that it needs and that change with it, by `team/name`. */
  needed: z.record(z.string(), z.string()).optional(),
  approvedAt: z.iso.datetime(),
});
export type Approved = z.infer<typeof Approved>;

/** The record of an installed profile, in a small file of its own. */
export const Installation = Release.extend({
  team: z.string().refine(isTeam),
  name: z.string().refine(isProfileName),
  /** An abstraction, which other packages include, has no profiles. */
  kind: z.literal('abstraction').optional(),
  /** The packages that its version needs, by `team/name`, with the versions that it accepts. */
  requires: z
    .record(z.string().refine(isPackagePath), z.string().refine(isVersionOrRange))
    .refine((all) => Object.keys(all).length <= maxDependencies)
    .optional(),
  /** The profiles that its file defines, unless that is only the one with its name. */
  profiles: z.array(z.string().refine(isDefinedName)).min(1).optional(),
  /** The oldest releases that the version's variants are for, and that of the installed one. */
  variants: z.array(z.string().refine(isReleaseNumber)).optional(),
  variant: z.string().refine(isReleaseNumber).optional(),
  file: z.string(),
  installedAt: z.iso.datetime(),
  /** The reference it was installed for. */
  reference: z.string(),
  /**
   * The command that installed it: `sync` removes only what `sync` installed. A `dependency` was installed for others,
   * and is removed when none needs it.
   */
  origin: z.enum(['pull', 'sync', 'dependency']),
  /** Whether it is loaded in complain mode, whatever its flags are. */
  complain: z.boolean(),
  /** Whether that mode is the operator's choice, which overrides profiles.toml. */
  complainChosen: z.boolean().optional(),
  /** The profiles of earlier versions that stayed loaded because they confined processes. */
  leftLoaded: z.array(z.string().refine(isDefinedName)).optional(),
  /** The kernel's state right after loading; absent for another root. */
  kernel: z.object({ mode: z.string(), hashes: z.array(z.string()) }).optional(),
  /** The releases installed before, newest first, followed by those that rollbacks left. */
  earlier: z.array(Earlier),
  /** The version that a rollback left: sync does not return to it. */
  rolledBackFrom: z.string().refine(isVersion).optional(),
  /** The update that waits for approval. */
  waiting: Waiting.optional(),
  /** The update that the operator approved, which sync has not installed yet. */
  approved: Approved.optional(),
});
export type Installation = z.infer<typeof Installation>;

/** The names of the profiles that an installation's file defines. */
export function profilesOf({
  name,
  kind,
  profiles,
}: Pick<Installation, 'name' | 'kind' | 'profiles'>): readonly string[] {
  return kind === 'abstraction' ? [] : (profiles ?? [name]);
}

/** The profiles that the kernel may have because of an installation, with those of earlier versions. */
export function loadedProfilesOf(installation: Installation): readonly string[] {
  return [...profilesOf(installation), ...(installation.leftLoaded ?? [])];
}

/** The part of a record that says what a package is, what it needs, and which profiles and variants it has. */
export function recordManifest(
  { kind, dependencies, profiles, variants }: Manifest,
  variant: string | undefined,
) {
  return {
    ...(kind === 'abstraction' && { kind }),
    ...(dependencies && { requires: dependencies }),
    ...(profiles && { profiles }),
    ...(variants && { variants, variant }),
  };
}

/** Whether a record says the same as the signed manifest, which decides what a file defines and where it belongs. */
export function isRecordOf(
  { kind, requires, profiles, variants, variant }: Installation,
  profile: { manifest: Manifest; variant: string | undefined },
): boolean {
  const none = {
    ...{ kind: undefined, requires: undefined, profiles: undefined },
    ...{ variants: undefined, variant: undefined },
  };
  const signed = { ...none, ...recordManifest(profile.manifest, profile.variant) };
  return isDeepStrictEqual({ kind, requires, profiles, variants, variant }, signed);
}

/** The digest that stands for a version. */
export function versionDigestOf({ digest, versionDigest = digest }: Release): Digest {
  return versionDigest;
}

/**
 * The variant that a host should have instead of the installed one; `undefined` if that is right, or the host's release is not
 * known.
 */
export function otherVariant(
  { variants, variant }: Pick<Installation, 'variants' | 'variant'>,
  choice: VariantChoice,
): string | undefined {
  if (!variants || choice.release === undefined) return undefined;
  const chosen = variants[chosenVariant(variants, choice)];
  return chosen === variant ? undefined : chosen;
}

/**
 * Whether a rollback left a previously installed release. Records of older versions of this program don't say; there it
 * left what is newer than its target.
 */
export function wasLeft(installation: Installation, release: Earlier): boolean {
  const { version, rolledBackFrom, earlier } = installation;
  if (earlier.some(({ left }) => left)) return release.left ?? false;
  return rolledBackFrom !== undefined && compareVersions(release.version, version) > 0;
}

/** Whether sync is held back from a version: a rollback left it, and nothing was installed since. */
export function isHeldFrom(installation: Installation, version: string): boolean {
  const { rolledBackFrom, earlier } = installation;
  if (rolledBackFrom === undefined) return false;
  const left = earlier.filter((one) => wasLeft(installation, one));
  return version === rolledBackFrom || left.some((one) => one.version === version);
}

/** The release of an installation, as stored in its successors. */
export function releaseOf(installation: Installation): Release {
  const { version, digest, versionDigest, needed, verifiedAt } = installation;
  return {
    ...{ version, digest, ...(versionDigest && { versionDigest }) },
    ...(needed && { needed }),
    verifiedAt,
  };
}
