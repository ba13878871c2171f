import { compareVersions, type Reference } from '../../trust/index.ts';
import { type Client, RegistryError } from '../client.ts';
import { mapInParallel } from '../in-parallel.ts';
import { resolveReference } from './reference.ts';

/** What a registry says of a version that is installed; nothing of it is verified. */
export interface Update {
  /** What its reference means now, when that is a newer version. */
  newer: string | undefined;
  /** Why it was yanked, when it was. */
  yanked: string | undefined;
  /** Why nothing is known, as when the registry no longer has it. */
  unknown: string | undefined;
}

/** Asks a registry about what is installed, each by the reference it was installed for. */
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
        unknown: latest.ok ? undefined : latest.reason,
      };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      return { newer: undefined, yanked: undefined, unknown: error.message };
    }
  });
}
