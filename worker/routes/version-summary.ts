import type { VersionSummary } from '../../contract/index.ts';
import type { Version } from '../../db/versions.ts';

/** What lists show of a version's record. */
export type SummaryRow = Pick<Version, keyof VersionSummary>;

/** A stored version as lists show it. */
export function toVersionSummary(row: SummaryRow): VersionSummary {
  const { version, digest, size, publishedAt, signers, logIndex, yankReason } = row;
  return { version, digest, size, publishedAt, signers, logIndex, yankReason };
}
