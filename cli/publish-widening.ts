// Whether the version policy of a team refuses a version, and how that is said.
import type { VersionSummary, Widening } from '../contract/index.ts';
import { baseResolver, type CheckOptions, findWidening, newestRelease } from '../policy/index.ts';
import { type Client, RegistryError } from '../sdk/client.ts';
import { fetchDependencyTexts } from '../sdk/dependency-texts.ts';
import { comparisonSteps } from '../sdk/policy-change.ts';
import { findTargetBase, type TargetBase } from '../sdk/target-base.ts';
import {
  compareVersions,
  counterparts,
  type Manifest,
  servedVariant,
  sha256,
  type WideningRefusal,
  wideningRefusal,
} from '../trust/index.ts';
import { CliError, exit } from './framework/command.ts';
import { includeResolver } from './include-options.ts';
import { type Io, visibleLine } from './terminal/io.ts';

interface NewVersion {
  team: string;
  name: string;
  version: string;
}

/**
 * Throws if the registry would refuse a version because of what it may permit beyond the one that it follows. Decided on
 * this machine with the registry's base policies, or its own of the same release.
 */
export async function requireNoWidening(
  io: Io,
  client: Client,
  candidate: NewVersion & { texts: readonly string[] },
  manifest: Manifest,
): Promise<void> {
  const { widens } = manifest;
  const { team, name, version } = candidate;
  const { versionPolicy } = await client.getTeam(team);
  if (versionPolicy === 'none') return;
  const before = await findPredecessor(client, candidate);
  if (!before) return;
  const refusal = wideningRefusal({ team, name, version, widens, before: before.version });
  if (!refusal) return;
  const widening = await findWideningSince(io, client, before, { ...candidate, manifest });
  if (widening) throw wideningError(io, refusal, widening, 'Nothing would be published:');
}

/** What the variants of a version may permit beyond those of the version before. */
async function findWideningSince(
  io: Io,
  client: Client,
  before: VersionSummary,
  {
    team,
    name,
    texts,
    manifest,
  }: Pick<NewVersion, 'team' | 'name'> & { texts: readonly string[]; manifest: Manifest },
): Promise<Widening | undefined> {
  const { version } = before;
  const none = { version, target: newestRelease, base: null };
  const bases = await client.listBases();
  const known: { place: Omit<Widening, 'differences' | 'omitted'>; options: CheckOptions }[] = [];
  for (const { release: target, digest: base } of bases) {
    const found = await findTargetBase(target, { env: io.env, connect: async () => client });
    const resolver = resolverOf(found);
    if (resolver)
      known.push({
        place: { version, target, base },
        options: { target, targetBase: true, resolver },
      });
  }
  const former = before.variants?.map((one) => one.from);
  const path = `${team}/${name}`;
  const current = await client.getVersion({ team, name, version });
  const [was, is] = await Promise.all(
    [current.manifest, manifest].map((one) => fetchDependencyTexts(client, path, one)),
  );
  const body = manifest.kind === 'abstraction' ? name : undefined;
  const side = (text: string, found: typeof was) => ({
    ...{ text, body },
    files: found?.ok ? found.files : {},
  });
  for (const [at, to] of counterparts(former, manifest.variants)) {
    const bytes = await client.getContent({ team, name, version }, former?.[at]);
    if ((await sha256(bytes)) !== (before.variants?.[at] ?? before).digest)
      return { ...none, differences: ['not known: the registry sent other bytes'], omitted: 0 };
    const fitting = known.filter(
      ({ place: { target } }) =>
        servedVariant(former ?? [], target) === at &&
        servedVariant(manifest.variants ?? [], target) === to,
    );
    const compilers = fitting.length > 0 ? fitting : known;
    const found = findWidening(
      side(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), was),
      side(texts[to] ?? '', is),
      compilers.map(({ options }) => options),
      comparisonSteps,
    );
    if (!found) continue;
    const { place = none } = compilers[found.at ?? -1] ?? {};
    return { ...place, differences: found.lines, omitted: found.more };
  }
  return undefined;
}

/** The highest version that is lower and not yanked. */
async function findPredecessor(client: Client, { team, name, version }: NewVersion) {
  const versions = await client.listVersions({ team, name }).catch((error: unknown) => {
    if (error instanceof RegistryError && error.status === 404) return [];
    throw error;
  });
  return versions.find(
    (one) => one.yankReason === null && compareVersions(one.version, version) < 0,
  );
}

function resolverOf(base: TargetBase) {
  switch (base.kind) {
    case 'host':
      return includeResolver({});
    case 'registry':
      return baseResolver(base.files, { label: 'base', others: () => undefined });
    case 'none':
      return undefined;
  }
}

/** The error of a refused version; prints what it may permit. `start` begins its sentence. */
export function wideningError(
  io: Io,
  { message, next }: WideningRefusal,
  widening: Widening,
  start: string,
): CliError {
  const { version: before, target, base, differences, omitted } = widening;
  const how =
    base === null ? 'if its includes are empty' : `with the base policy of AppArmor ${target}`;
  io.note(`What it may permit beyond ${before}, ${how}:`);
  for (const line of differences) io.note(`  ${visibleLine(line)}`);
  if (omitted > 0) io.note(`  … and ${omitted} more`);
  return new CliError(exit.failed, `${start} ${message}`, next, 'version-widens', { widening });
}
