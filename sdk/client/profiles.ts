import {
  Channel,
  type Dependent,
  DependentPage,
  Deprecation,
  Profile,
  ProfilePage,
  VersionList,
  type VersionSummary,
  type Visibility,
} from '../../contract/index.ts';
import { type Connection, maxPages } from './connection.ts';
import { type ProfilePath, profilePath } from './paths.ts';

/** The number of versions on a page, and the maximum number listed. */
const versionsAtOnce = 100;
const maxVersions = maxPages * versionsAtOnce;

/** Filters for profiles; see `GET /v1/profiles`. */
export interface ProfileSearch {
  text?: string | undefined;
  team?: string | undefined;
  image?: string | undefined;
  tag?: string | undefined;
  capability?: string | undefined;
  grade?: string | undefined;
  /** An AppArmor release that they can be used with. */
  release?: string | undefined;
  /** A topic of what they permit, such as `mount`. */
  permits?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Requests about profiles. */
export function profileRequests({ call, pages, requireConfirmed, send }: Connection) {
  return {
    /** A page of profiles: all, or those that match every word of `text`, best match first. */
    listProfiles(query: ProfileSearch = {}) {
      const { text, ...rest } = query;
      const search = new URLSearchParams();
      for (const [key, value] of Object.entries({ q: text, ...rest })) {
        if (value !== undefined) search.set(key, String(value));
      }
      return call(ProfilePage, 'GET', `/v1/profiles?${search}`);
    },

    /** A profile and its latest version. */
    getProfile(path: ProfilePath): Promise<Profile> {
      return call(Profile, 'GET', profilePath(path));
    },

    /** A profile's versions, highest first; at most {@link maxVersions}. */
    async listVersions(path: ProfilePath): Promise<VersionSummary[]> {
      const versions: VersionSummary[] = [];
      const query = { limit: `${versionsAtOnce}` };
      for await (const one of pages(VersionList, `${profilePath(path)}/versions`, query)) {
        if (versions.push(one) >= maxVersions) break;
      }
      return versions;
    },

    /** The visible packages that depend on one; at most {@link maxVersions}. */
    async listDependents(path: ProfilePath): Promise<Dependent[]> {
      const dependents: Dependent[] = [];
      const query = { limit: `${versionsAtOnce}` };
      for await (const one of pages(DependentPage, `${profilePath(path)}/dependents`, query)) {
        if (dependents.push(one) >= maxVersions) break;
      }
      return dependents;
    },

    /** Makes a profile private or public. */
    async setVisibility(path: ProfilePath, visibility: Visibility): Promise<void> {
      await send('PUT', `${profilePath(path)}/visibility`, { body: { visibility } });
    },

    deprecate(path: ProfilePath, deprecation: Deprecation): Promise<Deprecation> {
      return call(Deprecation, 'PUT', `${profilePath(path)}/deprecation`, deprecation);
    },

    async undeprecate(path: ProfilePath): Promise<void> {
      await send('DELETE', `${profilePath(path)}/deprecation`);
    },

    /** Transfers a profile to another team; returns the updated profile. */
    transfer(path: ProfilePath, to: string): Promise<Deprecation> {
      return call(Deprecation, 'POST', `${profilePath(path)}/transfer`, { to });
    },

    /** Points a channel at a version; refused unless it currently points at `previous`. */
    async moveChannel(
      path: { team: string; name: string; channel: string },
      move: { version: string; previous: string | null },
    ): Promise<Channel> {
      const url = `${profilePath(path)}/channels/${encodeURIComponent(path.channel)}`;
      const moved = await call(Channel, 'PUT', url, move);
      requireConfirmed(
        moved.name === path.channel && moved.version === move.version,
        `that the channel ${path.channel} is at ${move.version}`,
      );
      return moved;
    },
  };
}
