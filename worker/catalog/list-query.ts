import * as z from 'zod';
import { ProfileQuery } from '../../contract/profile.ts';
import { type Place, type Sort, sorts } from '../../db/profile-lists.ts';
import type { Filters } from '../../db/search-terms.ts';
import { decodeCursor } from '../page.ts';
import { ProfilePlace } from '../routes/profiles.ts';

/** What the list of profiles shows. */
export interface ListQuery extends Filters {
  /** The search words; may be empty. */
  q: string;
  sort?: Sort | undefined;
}

/** The filters, in the order in which a page shows them. */
export const filterNames = [
  'team',
  'image',
  'tag',
  'grade',
  'release',
  'permits',
  'capability',
] as const satisfies (keyof Filters)[];

/** The query in a page's address. Invalid and empty parameters, from broken links or empty form fields, are ignored. */
export function readListQuery(parameters: Record<string, string>): ListQuery {
  const filters = Object.fromEntries(
    filterNames.flatMap((name) => {
      const { data } = ProfileQuery.shape[name].safeParse(parameters[name] || undefined);
      return data === undefined ? [] : [[name, data]];
    }),
  ) as Filters;
  // Truncation may leave an unpaired surrogate, which a database can't store.
  const q = (parameters.q ?? '').trim().slice(0, 200).toWellFormed();
  const { data: sort } = z.enum(sorts).safeParse(parameters.sort);
  return { ...filters, q, sort };
}

/** Whether a query narrows the list. */
export function isNarrowed(query: ListQuery): boolean {
  return query.q !== '' || filterNames.some((name) => query[name] !== undefined);
}

/** The address of a list; that of all profiles is the one sorted by name. */
export function listAddress(query: Partial<ListQuery>, cursor?: string): string {
  const search = new URLSearchParams();
  for (const name of ['q', ...filterNames, 'sort'] as const) {
    const value = query[name];
    if (value) search.set(name, value);
  }
  if (search.size === 0) search.set('sort', 'name');
  if (cursor !== undefined) search.set('cursor', cursor);
  return `/?${search}`;
}

const ListPlace = z.union([...ProfilePlace.options, z.strictObject({ published: z.int().min(0) })]);

/** The place where a page begins; `undefined`, the start, for an invalid cursor. */
export function placeOf(cursor: string | undefined): Place | undefined {
  try {
    return cursor ? decodeCursor(ListPlace, cursor) : undefined;
  } catch {
    return undefined;
  }
}
