import { compareVersions, type Reference } from '../trust/index.ts';
import { type Client, RegistryError } from './client.ts';
import { resolveVersion } from './fetch.ts';
import { mapInParallel } from './in-parallel.ts';

/** What a registry says of a version that is installed; not proved. */
export interface News {
  /** What its reference means now, when that is a newer version. */
  newer: string | undefined;
  /** Why it was yanked, when it was. */
  yanked: string | undefined;
  /** Why nothing is known, as when the registry does not have it any more. */
  unknown: string | undefined;
}

/** Asks a registry about what is installed, each by the reference it was installed for. */
export function fetchNews(
  client: Client,
  installed: readonly { reference: Reference; version: string }[],
): Promise<News[]> {
  return mapInParallel(installed, async ({ reference, version }) => {
    const { team, name } = reference;
    try {
      const { yankReason } = await client.getVersion({ team, name, version });
      const meant = await resolveVersion(client, reference);
      const isNewer =
        meant.ok && meant.yanked === undefined && compareVersions(meant.version, version) > 0;
      return {
        newer: isNewer ? meant.version : undefined,
        yanked: yankReason ?? undefined,
        unknown: meant.ok ? undefined : meant.reason,
      };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      return { newer: undefined, yanked: undefined, unknown: error.message };
    }
  });
}
