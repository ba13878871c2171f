import type { VersionSummary } from '../../contract/index.ts';
import type { Version } from '../../db/versions.ts';

/** The columns of a version that lists show. */
export type SummaryRow = Pick<Version, keyof VersionSummary>;

/** Converts a version to the API's summary. */
export function toVersionSummary(row: SummaryRow): VersionSummary {
  const { version, digest, size, publishedAt, signers, logIndex, yankReason, variants } = row;
  return {
    ...{ version, digest, size, publishedAt, signers, logIndex, yankReason },
    ...(variants && { variants }),
  };
}
