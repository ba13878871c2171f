// Which versions of their dependencies packages get together.
import {
  accepts,
  type Depending,
  maxAvailable,
  maxNeeded,
  type Requirement,
  requirementsOf,
} from './dependencies.ts';
import { precedenceOf, rangeTest } from './range.ts';
import { isVersion } from './version.ts';

/** The maximum number of versions that are read to find those that fit together. */
const maxRead = 128;

/** Where dependencies come from: a registry, a bundle or a host. Its own errors pass through {@link resolveDependencies}. */
export interface DependencySource<Found, Refused = never> {
  /** The available versions of a package; `undefined` if there is no such package. */
  versions: (path: string) => Promise<readonly string[] | undefined>;
  /** A version of a package, or why it can't be used. */
  read: (path: string, version: string) => Promise<{ ok: true; found: Found } | Refused>;
}

export type DependencyRefusalId =
  | 'dependency-unknown'
  | 'dependency-conflict'
  | 'dependency-kind'
  | 'dependency-cycle'
  | 'dependency-limit';

export type DependencyResult<Found> =
  | {
      ok: true;
      /** By path, each after those that it needs. */
      needed: Map<string, { version: string; found: Found }>;
    }
  | { ok: false; id: DependencyRefusalId; reason: string };

export interface DependencyOptions {
  /** What other packages require, which counts for those that are needed. */
  others?: readonly Requirement[];
  /** The version to keep of a package if all accept it; otherwise the highest one that all accept is taken. */
  keep?: (path: string) => string | undefined;
}

/**
 * Finds one version of each package that is needed, so that all that require it accept it. Without backtracking: what the
 * highest accepted version requires counts, even if an earlier one would require less.
 */
export async function resolveDependencies<
  Found extends { manifest: Depending },
  Refused extends { ok: false } = never,
>(
  required: readonly Requirement[],
  source: DependencySource<Found, Refused>,
  { others = [], keep = () => undefined }: DependencyOptions = {},
): Promise<DependencyResult<Found> | Refused> {
  const known = new Map<string, Available | undefined>();
  let read = 0;
  let chosen = new Map<string, { version: string; found: Found }>();
  // A round settles at least one more level, unless choices contradict each other.
  for (let round = 0; round <= maxNeeded; round++) {
    const all = reachable(required, chosen);
    const byPath = Map.groupBy(all, ({ path }) => path);
    if (byPath.size > maxNeeded) {
      const reason = `${required[0]?.by} needs more than ${maxNeeded} packages`;
      return { ok: false, id: 'dependency-limit', reason };
    }
    const cycle = findCycle(all);
    if (cycle) {
      const reason = `the packages need each other: ${cycle.join(' needs ')}`;
      return { ok: false, id: 'dependency-cycle', reason };
    }
    const next: typeof chosen = new Map();
    for (const [path, own] of byPath) {
      const requirements = [...own, ...others.filter((one) => one.path === path)];
      const kept = keep(path);
      const isKept = kept !== undefined && requirements.every(({ range }) => accepts(range, kept));
      if (!isKept && !known.has(path)) known.set(path, availableOf(await source.versions(path)));
      const picked = isKept
        ? { ok: true as const, version: kept }
        : pick(path, requirements, known.get(path));
      if (!picked.ok) return picked;
      const { version } = picked;
      const before = chosen.get(path);
      const isSame = before?.version === version;
      if (!isSame && ++read > maxRead) {
        const reason = `more than ${maxRead} versions of what ${required[0]?.by} needs would have to be read`;
        return { ok: false, id: 'dependency-limit', reason };
      }
      const result = isSame
        ? { ok: true as const, found: before.found }
        : await source.read(path, version);
      if (!result.ok) return result;
      const { found } = result;
      if (found.manifest.kind !== 'abstraction') {
        const reason = `${own[0]?.by} needs ${path}, and ${path}@${version} is not an abstraction`;
        return { ok: false, id: 'dependency-kind', reason };
      }
      next.set(path, { version, found });
    }
    const isSettled =
      next.size === chosen.size &&
      [...next].every(([path, { version }]) => chosen.get(path)?.version === version);
    if (isSettled) return { ok: true, needed: inOrder(next) };
    chosen = next;
  }
  const reason = `the dependencies of ${required[0]?.by} contradict each other`;
  return { ok: false, id: 'dependency-conflict', reason };
}

/** What is required, also by the chosen packages that are needed. */
function reachable<Found extends { manifest: Depending }>(
  required: readonly Requirement[],
  chosen: ReadonlyMap<string, { found: Found }>,
): Requirement[] {
  const all = [...required];
  const visited = new Set<string>();
  for (const { path } of all) {
    const one = chosen.get(path);
    if (!one || visited.has(path)) continue;
    visited.add(path);
    all.push(...requirementsOf(path, one.found.manifest));
  }
  return all;
}

/** The versions of a package, highest first, and which of them a range accepts: each range is tried once. */
interface Available {
  versions: readonly string[];
  acceptedBy: (range: string) => ReadonlySet<string>;
}

function availableOf(all: readonly string[] | undefined): Available | undefined {
  if (!all) return undefined;
  const ranked = all
    .map((version) => ({ version, precedence: precedenceOf(version) }))
    .sort((a, b) => (a.precedence.key > b.precedence.key ? -1 : 1))
    .slice(0, maxAvailable);
  const versions = ranked.map(({ version }) => version);
  const known = new Map<string, ReadonlySet<string>>();
  return {
    versions,
    acceptedBy(range) {
      let accepted = known.get(range);
      if (!accepted) {
        const isIn = isVersion(range) ? undefined : rangeTest(range);
        accepted = isIn
          ? new Set(ranked.flatMap((one) => (isIn(one.precedence) ? [one.version] : [])))
          : new Set(versions.filter((version) => version === range));
        known.set(range, accepted);
      }
      return accepted;
    },
  };
}

function pick(
  path: string,
  requirements: readonly Requirement[],
  available: Available | undefined,
): { ok: true; version: string } | { ok: false; id: DependencyRefusalId; reason: string } {
  const [first] = requirements;
  if (!available) {
    const reason = `${first?.by} needs ${path}, which does not exist, or is not visible`;
    return { ok: false, id: 'dependency-unknown', reason };
  }
  const { versions, acceptedBy } = available;
  const sets = new Set(requirements.map(({ range }) => acceptedBy(range)));
  const version = versions.find((one) => [...sets].every((accepted) => accepted.has(one)));
  if (version !== undefined) return { ok: true, version };
  const alone = requirements.find(({ range }) => acceptedBy(range).size === 0);
  if (alone) {
    const reason = `${alone.by} needs ${path}@${alone.range}, of which no version is available`;
    return { ok: false, id: 'dependency-unknown', reason };
  }
  const ranges = requirements.map(({ by, range }) => `${by} needs ${path}@${range}`);
  const reason = `no version of ${path} is in all ranges: ${[...new Set(ranges)].join(', ')}`;
  return { ok: false, id: 'dependency-conflict', reason };
}

/** The packages of a circle of requirements, the first one again at the end; `undefined` if there is none. */
function findCycle(all: readonly Requirement[]): string[] | undefined {
  const edges = Map.groupBy(all, ({ by }) => by);
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    const at = trail.indexOf(path);
    if (at >= 0) return [...trail.slice(at), path];
    if (done.has(path)) return undefined;
    for (const one of edges.get(path) ?? []) {
      const cycle = visit(one.path, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const by of edges.keys()) {
    const cycle = visit(by, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Each package after those that it needs; there are no circles. */
function inOrder<Found extends { manifest: Depending }>(
  chosen: ReadonlyMap<string, { version: string; found: Found }>,
): Map<string, { version: string; found: Found }> {
  const ordered = new Map<string, { version: string; found: Found }>();
  const add = (path: string) => {
    const one = chosen.get(path);
    if (!one || ordered.has(path)) return;
    for (const needed of Object.keys(one.found.manifest.dependencies ?? {})) add(needed);
    ordered.set(path, one);
  };
  for (const path of chosen.keys()) add(path);
  return ordered;
}
