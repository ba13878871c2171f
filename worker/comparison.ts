import type { Compared, Diff } from '../contract/index.ts';
import { resolveWithBases } from '../db/resolve.ts';
import type { Viewer } from '../db/viewer.ts';
import { dockerDefault, type Release, releases } from '../policy/index.ts';
import {
  type Digest,
  isDigest,
  isVersion,
  parseReference,
  type Reference,
  sha256,
} from '../trust/index.ts';
import { type ChosenVersion, chosenOf } from './chosen-version.ts';
import { diffOf, type ProfileText, storedText } from './permissions.ts';
import type { Deps } from './ports.ts';

/** A side of a comparison: a version, or the profile that Docker applies by default, which every registry knows. */
export type Side = Reference | 'docker-default';

/**
 * A side as a request names it: `docker-default`, a version of this profile by number or digest, or team/name@version of
 * another; `undefined` if it is none of these.
 */
export function parseSide(
  text: string,
  { team, name }: Pick<Reference, 'team' | 'name'>,
): Side | undefined {
  if (text === 'docker-default') return text;
  if (isVersion(text) || isDigest(text)) return versionReference({ team, name, version: text });
  const parsed = parseReference(text);
  const isFixed = parsed.ok && /^(version|digest)$/.test(parsed.reference.selector.kind);
  return isFixed ? parsed.reference : undefined;
}

/** The reference of a version by number or digest. */
export function versionReference(of: { team: string; name: string; version: string }): Reference {
  const { team, name, version } = of;
  const selector = isDigest(version)
    ? ({ kind: 'digest', digest: version } as const)
    : ({ kind: 'version', version } as const);
  return { team, name, selector };
}

/** What two sides permit differently, and their texts. */
export interface Comparison {
  /** Null for docker-default. */
  from: ChosenVersion | null;
  to: ChosenVersion | null;
  target: Release;
  /** The base policy; null if there is none. */
  base: Digest | null;
  diff: Compared;
  texts: [from: ProfileText, to: ProfileText];
}

/**
 * Compares what two sides permit. What is known of both takes one round trip to the database. Throws the problems
 * `not-found`, also for what the viewer may not see, and `busy`.
 *
 * @param release the release to take the variants for; by default target, or else the first variants
 * @param target the release that compiles both; by default the newest that fits both
 */
export async function compareSides(
  deps: Deps,
  viewer: Viewer,
  sides: readonly [Side, Side],
  { release, target: wanted }: { release?: string | undefined; target?: Release | undefined },
): Promise<Comparison> {
  const references = sides.filter((one) => one !== 'docker-default');
  const { resolutions, bases } = await resolveWithBases(deps.db, viewer, references);
  const chosen = sides.map((side) =>
    side === 'docker-default'
      ? null
      : chosenOf(side, resolutions[references.indexOf(side)], release ?? wanted),
  );
  const [from = null, to = null] = chosen;
  const texts = [
    await (from ? storedText(deps, viewer, from) : docker()),
    await (to ? storedText(deps, viewer, to) : docker()),
  ] as const;
  const { release: target, base, diff } = await diffOf(deps, bases, ...texts, wanted);
  return { from, to, target, base, diff, texts: [...texts] };
}

/** A comparison as the API shows it; there, `from` is a version. */
export function toDiff({
  from,
  to,
  target,
  base,
  diff,
}: Comparison): Omit<Diff, 'from'> & { from: Diff['from'] | null } {
  return { from: from?.place ?? null, to: to?.place ?? null, target, base, ...diff };
}

async function docker(): Promise<ProfileText> {
  const digest = await sha256(new TextEncoder().encode(dockerDefault));
  return { digest, text: async () => dockerDefault, fits: releases };
}
