import type { CheckOptions } from './check.ts';
import type { LintOptions } from './lint/rule.ts';
import { isRelease, type Release, releases } from './release.ts';

/** A package, as far as lint takes part of it beside the text. */
export interface LintedPackage {
  /** The team whose package it is, where that is known. */
  team?: string | undefined;
  name: string;
  manifest: {
    abi: string;
    images: readonly string[];
    profiles?: readonly string[] | undefined;
    kind?: LintOptions['kind'] | undefined;
    /** By `team/name`, with the versions that it accepts. */
    dependencies?: Readonly<Record<string, string>> | undefined;
    /** The oldest release that each variant is for, ascending. */
    variants?: readonly string[] | undefined;
  };
}

/**
 * The options with which lint checks a package's file: that of the variant at the index `at`, if there are several. A package
 * with images is for containers unless it says more.
 *
 * @param files the texts of the packages that it depends on, as far as they are known, by the paths of their includes
 */
export function packageOptions(
  { team, name, manifest }: LintedPackage,
  at = 0,
  files: CheckOptions['files'] = {},
): LintOptions & Pick<CheckOptions, 'target' | 'files'> {
  const { abi, images, profiles, kind = images.length > 0 ? 'container' : undefined } = manifest;
  return {
    packageName: name,
    dependencies: Object.keys(manifest.dependencies ?? {}),
    files,
    // Variants for other releases are written against other ABIs.
    ...(at === 0 && { manifestAbi: abi }),
    ...(team !== undefined && { team }),
    ...(profiles && { profiles }),
    ...(kind && { kind }),
    ...rangeOf(manifest.variants ?? [], at),
  };
}

function rangeOf(variants: readonly string[], at: number): { target?: Release; until?: Release } {
  if (variants[at] === undefined) return {};
  const [target, ...rest] = releasesOf(variants, at);
  const until = rest.at(-1) ?? target;
  return { ...(target && { target }), ...(until && { until }) };
}

/**
 * The known releases that the variant at an index is for, ascending: from its own up to the last one before the next
 * variant's. Without variants, all.
 */
export function releasesOf(variants: readonly string[], at: number): readonly Release[] {
  const [oldest, next] = variants.slice(at);
  if (oldest === undefined) return releases;
  if (!isRelease(oldest)) return [];
  const end = next !== undefined && isRelease(next) ? releases.indexOf(next) : releases.length;
  return releases.slice(releases.indexOf(oldest), end);
}
