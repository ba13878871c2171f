import firstLight from './0000_first_light.sql';
import teamsAndAccess from './0001_teams_and_access.sql';
import quotasAndWebhooks from './0002_quotas_and_webhooks.sql';
import trustedPublishing from './0003_trusted_publishing.sql';
import search from './0004_search.sql';
import idempotency from './0005_idempotency.sql';
import searchWords from './0006_search_words.sql';
import hardening from './0007_hardening.sql';
import basePolicies from './0008_base_policies.sql';
import suppressed from './0009_suppressed.sql';
import summaries from './0010_summaries.sql';
import versionPolicy from './0011_version_policy.sql';
import variants from './0012_variants.sql';
import dependencies from './0013_dependencies.sql';
import logTeam from './0014_log_team.sql';
import ociManifests from './0015_oci_manifests.sql';
import feeds from './0016_feeds.sql';
import fleet from './0017_fleet.sql';
import bundleCheckpoints from './0018_bundle_checkpoints.sql';
import facets from './0019_facets.sql';
import sessions from './0020_sessions.sql';

/** Every migration, oldest first; written by scripts/migrations.ts. Released ones are never changed or removed. */
export const migrations: { name: string; sql: string }[] = [
  { name: '0000_first_light', sql: firstLight },
  { name: '0001_teams_and_access', sql: teamsAndAccess },
  { name: '0002_quotas_and_webhooks', sql: quotasAndWebhooks },
  { name: '0003_trusted_publishing', sql: trustedPublishing },
  { name: '0004_search', sql: search },
  { name: '0005_idempotency', sql: idempotency },
  { name: '0006_search_words', sql: searchWords },
  { name: '0007_hardening', sql: hardening },
  { name: '0008_base_policies', sql: basePolicies },
  { name: '0009_suppressed', sql: suppressed },
  { name: '0010_summaries', sql: summaries },
  { name: '0011_version_policy', sql: versionPolicy },
  { name: '0012_variants', sql: variants },
  { name: '0013_dependencies', sql: dependencies },
  { name: '0014_log_team', sql: logTeam },
  { name: '0015_oci_manifests', sql: ociManifests },
  { name: '0016_feeds', sql: feeds },
  { name: '0017_fleet', sql: fleet },
  { name: '0018_bundle_checkpoints', sql: bundleCheckpoints },
  { name: '0019_facets', sql: facets },
  { name: '0020_sessions', sql: sessions },
];
