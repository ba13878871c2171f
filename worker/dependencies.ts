import type { NeededText } from '../db/analyses.ts';
import type { Database } from '../db/database.ts';
import { availableVersions, findNeededVersion } from '../db/dependencies.ts';
import type { Viewer } from '../db/viewer.ts';
import {
  type DependencyResult,
  type Manifest,
  requirementsOf,
  resolveDependencies,
} from '../trust/index.ts';
import { ProblemError } from './problem.ts';

/** The maximum length of all that a package needs, in characters. */
const maxLength = 1024 * 1024;

/** A package whose dependencies are looked up. */
interface Depending {
  team: string;
  name: string;
  manifest: Pick<Manifest, 'dependencies'>;
}

/**
 * The newest versions of the packages that a package needs, which all that need them accept; each after those that it
 * needs. Throws the problem `dependency-refused` if there are none.
 */
export async function requireDependencies(
  db: Database,
  viewer: Viewer,
  depending: Depending,
): Promise<NeededText[]> {
  const found = await lookUp(db, viewer, depending);
  if (!found.ok) throw new ProblemError('dependency-refused', `${found.id}: ${found.reason}.`);
  const texts = textsOf(found);
  const length = texts.reduce((sum, one) => sum + lengthOf(one), 0);
  if (length <= maxLength) return texts;
  const detail = `dependency-limit: the dependencies have ${length} characters; the limit is ${maxLength}.`;
  throw new ProblemError('dependency-refused', detail);
}

/** The same for what is shown; none if they can't be found any more. */
export async function knownDependencies(
  db: Database,
  viewer: Viewer,
  depending: Depending,
): Promise<NeededText[]> {
  if (!depending.manifest.dependencies) return [];
  const found = await lookUp(db, viewer, depending);
  return found.ok ? textsOf(found) : [];
}

function lengthOf({ text, variants }: NeededText): number {
  return Math.max(text.length, ...variants.map((one) => one.text.length));
}

type Needed = Omit<NeededText, 'path'> & { manifest: Manifest };
type Found = DependencyResult<Needed>;

function lookUp(db: Database, viewer: Viewer, { team, name, manifest }: Depending): Promise<Found> {
  return resolveDependencies<Needed>(requirementsOf(`${team}/${name}`, manifest), {
    versions: (path) => availableVersions(db, viewer, path),
    read: async (path, version) => {
      const found = await findNeededVersion(db, viewer, path, version);
      if (!found) throw new Error(`${path}@${version} is missing`);
      return { ok: true, found };
    },
  });
}

function textsOf({ needed }: Extract<Found, { ok: true }>): NeededText[] {
  return [...needed].map(([path, { found }]) => ({
    ...{ path, text: found.text, variants: found.variants },
  }));
}
