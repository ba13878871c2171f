// The variants of versions in SQL: their texts, and the one for a release.
import { sql } from 'drizzle-orm';
import type { Digest } from '../trust/index.ts';
import { contents, versions } from './schema.ts';

/** The variants of a version as JSON of {@link VariantText}, ascending; `[]` for a version without variants. */
export const variantTexts = sql<string>`(SELECT json_group_array(json_object('from', variant.value ->> 'from',
  'text', variant_contents.text) ORDER BY variant.key) FROM json_each(${versions.variants}) AS variant
  JOIN ${contents} AS variant_contents ON variant_contents.digest = variant.value ->> 'digest')`;

/** A variant's text, and the oldest release that it is for. */
export interface VariantText {
  from: string;
  text: string;
}

/** Parses {@link variantTexts}. */
export function parseVariants(json: string): VariantText[] {
  return JSON.parse(json) as VariantText[];
}

/**
 * The digest of the variant for a release, or of the only file: the placeholder `upTo` has that release and all before, as
 * JSON. For a release before those of all variants, the first one's.
 */
export const variantDigest = sql<Digest>`coalesce((SELECT variant.value ->> 'digest'
  FROM json_each(${versions.variants}) AS variant
  WHERE variant.value ->> 'from' IN (SELECT value FROM json_each(${sql.placeholder('upTo')}))
  ORDER BY variant.key DESC LIMIT 1), ${versions.digest})`;
