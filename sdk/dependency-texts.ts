// The texts of the packages that another one needs, from a registry and unverified: for people who publish.
import {
  type DependencyResult,
  includePathOf,
  type Manifest,
  requirementsOf,
  resolveDependencies,
  splitPath,
} from '../trust/index.ts';
import type { Client } from './client.ts';
import { manifestsOf } from './package-source.ts';

/** The first variants of all texts that a package needs, by the paths of their includes, or why there are none. */
export async function fetchDependencyTexts(
  client: Client,
  path: string,
  manifest: Pick<Manifest, 'dependencies'>,
): Promise<
  { ok: true; files: Record<string, string> } | Extract<DependencyResult<unknown>, { ok: false }>
> {
  const requirements = requirementsOf(path, manifest);
  const found = await resolveDependencies<{ manifest: Manifest }>(
    requirements,
    manifestsOf(client),
  );
  if (!found.ok) return found;
  const files: Record<string, string> = {};
  for (const [needed, { version }] of found.needed) {
    const bytes = await client.getContent({ ...splitPath(needed), version });
    files[includePathOf(needed)] = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }
  return { ok: true, files };
}
