// What a new version of an abstraction permits in the packages that depend on it.
import { differenceLines, firstLines, wideningEffects } from '../policy/index.ts';
import type { Client } from '../sdk/client.ts';
import { fetchDependencyTexts } from '../sdk/dependency-texts.ts';
import { compareVersionTexts } from '../sdk/policy-change.ts';
import { accepts, includePathOf, type Manifest } from '../trust/index.ts';
import { includeResolver } from './include-options.ts';
import { type Io, visibleLine } from './terminal/io.ts';

/** The number of dependents that are compared. */
const maxCompared = 10;

/** What a dependent then permits beyond what it permits now. */
export interface WidenedDependent {
  team: string;
  name: string;
  version: string;
  differences: string[];
  omitted: number;
}

/** The packages that depend on an abstraction. */
export interface Dependents {
  /** The first of them that accept the new version, with what it changes. */
  items: WidenedDependent[];
  /** How many others accept it. */
  more: number;
}

/**
 * Compares the packages that depend on an abstraction, with its current version and with a new text, by this machine's
 * base policy; `undefined` if it is none, or nothing visible accepts the new version.
 */
export async function compareDependents(
  client: Client,
  {
    team,
    name,
    version,
    manifest,
    text,
  }: { team: string; name: string; version: string; manifest: Manifest; text: string },
): Promise<Dependents | undefined> {
  if (manifest.kind !== 'abstraction') return undefined;
  const all = await client.listDependents({ team, name });
  const affected = all.filter(({ range }) => accepts(range, version));
  if (affected.length === 0) return undefined;
  const resolver = includeResolver({});
  const items: WidenedDependent[] = [];
  for (const one of affected.slice(0, maxCompared)) {
    const its = { team: one.team, name: one.name, version: one.version };
    const path = `${one.team}/${one.name}`;
    const { manifest: theirs } = await client.getVersion(its);
    const found = await fetchDependencyTexts(client, path, theirs);
    if (!found.ok) {
      items.push({ ...its, differences: [`not known: ${found.reason}`], omitted: 0 });
      continue;
    }
    const bytes = await client.getContent(its);
    const side = {
      text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
      ...(theirs.kind === 'abstraction' && { body: one.name }),
    };
    const next = { ...found.files, [includePathOf(`${team}/${name}`)]: text };
    const change = compareVersionTexts(
      { ...side, name: path, files: found.files },
      { ...side, name: path, files: next },
      { resolver },
    );
    const lines = change.known
      ? differenceLines(change.comparison, change.unread, wideningEffects)
      : [`not known: ${change.reason}`];
    const { lines: differences, more: omitted } = firstLines(lines);
    items.push({ ...its, differences, omitted });
  }
  return { items, more: affected.length - items.length };
}

/** Prints what dependents would permit beyond what they do. */
export function reportDependents(io: Io, found: Dependents | undefined): void {
  if (!found) return;
  for (const { team, name, version, differences, omitted } of found.items) {
    const path = `${team}/${name} ${version}`;
    if (differences.length === 0) {
      io.note(`${path}, which depends on it, permits no more.`);
      continue;
    }
    io.note(`What ${path}, which depends on it, may permit beyond what it does now:`);
    for (const line of differences) io.note(`  ${visibleLine(line)}`);
    if (omitted > 0) io.note(`  … and ${omitted} more`);
  }
  if (found.more > 0) io.note(`${found.more} more packages depend on it and were not compared.`);
}
