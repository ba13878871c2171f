import type { LintOptions } from './lint/rule.ts';

/** A package, as far as lint takes part of it beside the text. */
export interface LintedPackage {
  /** The team whose package it is, where that is known. */
  team?: string | undefined;
  name: string;
  manifest: {
    abi: string;
    images: readonly string[];
    profiles?: readonly string[] | undefined;
    kind?: 'container' | 'host' | undefined;
  };
}

/** The options by which lint judges a package's file. A package with images is for containers unless it says more. */
export function packageOptions({ team, name, manifest }: LintedPackage): LintOptions {
  const { abi, images, profiles, kind = images.length > 0 ? 'container' : undefined } = manifest;
  return {
    packageName: name,
    manifestAbi: abi,
    ...(team !== undefined && { team }),
    ...(profiles && { profiles }),
    ...(kind && { kind }),
  };
}
