import { baseRequests } from './client/bases.ts';
import { type ClientOptions, connect } from './client/connection.ts';
import { fleetRequests } from './client/fleet.ts';
import { logRequests } from './client/log.ts';
import { profileRequests } from './client/profiles.ts';
import { teamRequests } from './client/teams.ts';
import { tokenRequests } from './client/tokens.ts';
import { versionRequests } from './client/versions.ts';
import { webhookRequests } from './client/webhooks.ts';

export type { ClientOptions } from './client/connection.ts';
export {
  isRegistryFailure,
  isTemporary,
  oneLine,
  type RefusedRequest,
  RegistryError,
  UnreachableError,
} from './client/errors.ts';
export type { VersionPath } from './client/paths.ts';
export type { ProfileSearch } from './client/profiles.ts';

/**
 * The typed API of one registry. Every method throws {@link RegistryError} when the registry refuses and {@link
 * UnreachableError} when it can't be reached. Responses are not verified: hosts use {@link fetchVerified}. But a change
 * fails if the response states another result than the requested one.
 *
 * @example
 * const client = createClient({ registry: 'https://profiles.example.org' });
 * const { items } = await client.listProfiles({ text: 'nginx' });
 */
export function createClient(options: ClientOptions) {
  const connection = connect(options);
  return {
    registry: connection.base,

    /** Whether the client has an API token. */
    hasToken: options.token !== undefined,

    ...profileRequests(connection),
    ...versionRequests(connection),
    ...logRequests(connection),
    ...teamRequests(connection),
    ...tokenRequests(connection),
    ...webhookRequests(connection),
    ...baseRequests(connection),
    ...fleetRequests(connection),
  };
}

export type Client = ReturnType<typeof createClient>;
