import { compareVersions, type Reference } from '../../trust/index.ts';
import { type Client, RegistryError } from '../client.ts';
import { mapInParallel } from '../in-parallel.ts';
import { resolveReference } from './reference.ts';

/** The registry's view of an installed version, unverified. */
export interface Update {
  /** The version that its reference resolves to, if newer. */
  newer: string | undefined;
  /** Why it was yanked, if so. */
  yanked: string | undefined;
  /** Why its profile is deprecated, if so; an exact version is not asked about. */
  deprecated: string | undefined;
  /** Why there is no result, for example if the registry no longer has it. */
  unknown: string | undefined;
}

/** Queries a registry about installed versions, each by the reference it was installed for. */
export function fetchUpdates(
  client: Client,
  installed: readonly { reference: Reference; version: string }[],
): Promise<Update[]> {
  return mapInParallel(installed, async ({ reference, version }) => {
    const { team, name } = reference;
    try {
      const { yankReason } = await client.getVersion({ team, name, version });
      const latest = await resolveReference(client, reference);
      const isNewer =
        latest.ok && latest.yanked === undefined && compareVersions(latest.version, version) > 0;
      return {
        newer: isNewer ? latest.version : undefined,
        yanked: yankReason ?? undefined,
        deprecated: latest.ok ? latest.deprecation : undefined,
        unknown: latest.ok ? undefined : latest.reason,
      };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      return {
        newer: undefined,
        yanked: undefined,
        deprecated: undefined,
        unknown: error.message,
      };
    }
  });
}
