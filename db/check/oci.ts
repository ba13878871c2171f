import { and, asc, eq, gt, lte, sql } from 'drizzle-orm';
import { type OciManifest, sha256, versionManifests } from '../../trust/index.ts';
import type { Database } from '../database.ts';
import { ociManifests, profiles, versions } from '../schema.ts';
import type { Report } from './report.ts';

/** The number of versions per query. */
const pageLength = 200;

type Stored = typeof ociManifests.$inferSelect;

/**
 * Checks the stored manifests of OCI: those of a version follow from it, and the texts of proofs and bundles have their digests. A version that
 * is older than their table may have none, and one whose JSON is malformed is reported otherwise.
 */
export async function checkManifests(db: Database, report: Report): Promise<void> {
  const { id, profileId, version, publishedAt, manifest, digest, size, variants, envelope } =
    versions;
  const facts = { version, publishedAt, manifest, digest, size, variants, envelope };
  for (let after = 0; ; ) {
    const page = await db
      .select({ ...facts, id, profileId, team: profiles.team, name: profiles.name })
      .from(versions)
      .innerJoin(profiles, eq(profiles.id, profileId))
      .where(
        and(
          gt(id, after),
          sql`json_valid(${manifest}) AND (${variants} IS NULL OR json_type(
            CASE WHEN json_valid(${variants}) THEN ${variants} END) = 'array')`,
        ),
      )
      .orderBy(asc(id))
      .limit(pageLength);
    const last = page.at(-1);
    if (!last) return;
    const { versionId } = ociManifests;
    const rows = await db
      .select()
      .from(ociManifests)
      .where(and(gt(versionId, after), lte(versionId, last.id)));
    const stored = Map.groupBy(rows, (row) => row.versionId);
    for (const one of page) {
      const own = stored.get(one.id);
      if (!own) continue;
      const isHere = own.every((row) => row.profileId === one.profileId);
      const expected = await versionManifests(one);
      const rest = own.filter(({ role }) => role !== 'proof' && role !== 'bundle');
      const others = await Promise.all(own.filter((row) => !rest.includes(row)).map(isSound));
      if (!isHere || summaryOf(rest) !== summaryOf(expected) || others.includes(false)) {
        report('derived-differs', `the OCI manifests of ${one.team}/${one.name}@${one.version}`);
      }
    }
    after = last.id;
  }
}

/** Manifests as text, in any order. */
function summaryOf(manifests: readonly OciManifest[]): string {
  return JSON.stringify(
    manifests.map(({ role, digest, text, layer }) => [role, digest, text, layer].join(' ')).sort(),
  );
}

/** Whether the texts of a proof or a bundle have its digests. */
async function isSound({ digest, text, layer, layerText }: Stored): Promise<boolean> {
  const encoder = new TextEncoder();
  const own = await sha256(encoder.encode(text));
  return own === digest && layer === (await sha256(encoder.encode(layerText ?? '')));
}
