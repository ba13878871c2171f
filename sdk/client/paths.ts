import type { Digest } from '../../trust/index.ts';

export type ProfilePath = { team: string; name: string };
export type VersionPath = ProfilePath & { version: string | Digest };

export const teamPath = (team: string) => `/v1/teams/${encodeURIComponent(team)}`;

export const profilePath = ({ team, name }: ProfilePath) =>
  `/v1/profiles/${encodeURIComponent(team)}/${encodeURIComponent(name)}`;

export const versionPath = (path: VersionPath) =>
  `${profilePath(path)}/versions/${encodeURIComponent(path.version)}`;
