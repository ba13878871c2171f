// Whether the version policy of a team refuses a version, and how that is said.
import type { VersionSummary, Widening } from '../contract/index.ts';
import { baseResolver, type CheckOptions, findWidening, newestRelease } from '../policy/index.ts';
import { type Client, RegistryError } from '../sdk/client.ts';
import { comparisonSteps } from '../sdk/policy-change.ts';
import { findTargetBase, type TargetBase } from '../sdk/target-base.ts';
import {
  compareVersions,
  type Manifest,
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
  candidate: NewVersion & { text: string },
  { widens }: Manifest,
): Promise<void> {
  const { team, name, version, text } = candidate;
  const { versionPolicy } = await client.getTeam(team);
  if (versionPolicy === 'none') return;
  const before = await findPredecessor(client, candidate);
  if (!before) return;
  const refusal = wideningRefusal({ team, name, version, widens, before: before.version });
  const widening = refusal && (await findWideningSince(io, client, { team, name }, before, text));
  if (widening) throw wideningError(io, refusal, widening, 'Nothing would be published:');
}

/** What a text may permit beyond that of a version. */
async function findWideningSince(
  io: Io,
  client: Client,
  profile: Pick<NewVersion, 'team' | 'name'>,
  before: VersionSummary,
  text: string,
): Promise<Widening | undefined> {
  const { version } = before;
  const none = { version, target: newestRelease, base: null };
  const bytes = await client.getContent({ ...profile, version });
  if ((await sha256(bytes)) !== before.digest)
    return { ...none, differences: ['not known: the registry sent other bytes'], omitted: 0 };
  const from = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
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
  const found = findWidening(
    from,
    text,
    known.map(({ options }) => options),
    comparisonSteps,
  );
  if (!found) return undefined;
  const { place = none } = known[found.at ?? -1] ?? {};
  return { ...place, differences: found.lines, omitted: found.more };
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
