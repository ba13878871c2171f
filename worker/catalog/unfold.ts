import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import { findBase, findBaseContent } from '../../db/bases.ts';
import type { Release } from '../../policy/index.ts';
import type { Deps } from '../ports.ts';

/** The files of a release's base policy, which a source view shows in place of includes. */
export interface Unfolding {
  release: Release;
  /** The texts by path, such as `abstractions/base`; `undefined` if the registry has no base policy of the release. */
  files: ReadonlyMap<string, string> | undefined;
}

const Content = z.object({ files: z.record(z.string(), z.string()) });

/** The files of base policies by digest: to parse the largest takes longer than the rest of a page. In characters. */
const parsed = new LRUCache<string, ReadonlyMap<string, string>>({
  maxSize: 8 * 1024 * 1024,
  sizeCalculation: (files) =>
    1 + [...files].reduce((sum, [path, text]) => sum + path.length + text.length, 0),
});

/** Reads the current base policy of a release. */
export async function readUnfolding({ db }: Deps, release: Release): Promise<Unfolding> {
  const base = await findBase(db, release);
  if (!base) return { release, files: undefined };
  let files = parsed.get(base.digest);
  if (!files) {
    const text = await findBaseContent(db, base.digest);
    if (text === undefined) throw new Error(`the base policy ${base.digest} is missing`);
    files = new Map(Object.entries(Content.parse(JSON.parse(text)).files));
    parsed.set(base.digest, files);
  }
  return { release, files };
}

/** The path of the file that a line includes, with or without `#`; `undefined` for other lines. */
export function includedBy(line: string): string | undefined {
  return /^\s*#?include\s+(?:if\s+exists\s+)?<([^>"]{1,255})>/.exec(line)?.[1];
}
