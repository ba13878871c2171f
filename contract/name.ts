import * as z from 'zod';
import {
  isChannel,
  isDigest,
  isProfileName,
  isTeam,
  isVersion,
  linePattern,
} from '../trust/index.ts';

export const TeamName = z
  .string()
  .refine(isTeam, 'must be 1 to 40 lower-case letters, digits and inner hyphens')
  .meta({ description: 'The name of a team', example: 'library' });

export const ProfileName = z
  .string()
  .refine(
    isProfileName,
    'must be 1 to 64 lower-case letters, digits and inner dots, hyphens and underscores',
  )
  .meta({ description: 'The name of a profile', example: 'docker-nginx' });

/** The path of a profile, `team/name`. */
export const ProfilePath = z
  .string()
  .refine((text) => {
    const [team = '', name = '', ...rest] = text.split('/');
    return rest.length === 0 && isTeam(team) && isProfileName(name);
  }, 'must be team/name')
  .meta({ example: 'library/docker-nginx' });

export const UserName = z
  .string()
  .refine(isTeam, 'must be 1 to 40 lower-case letters, digits and inner hyphens')
  .meta({ description: 'The name of a user', example: 'ada' });

export const VersionNumber = z
  .string()
  .refine(isVersion, 'must be a semantic version (semver.org) without build metadata')
  .meta({ description: 'A semantic version without build metadata', example: '1.2.0' });

export const DigestText = z
  .string()
  .refine(isDigest, 'must be sha256: and 64 hexadecimal digits')
  .meta({
    description: "SHA-256 of the profile's exact bytes",
    example: `sha256:${'0123456789abcdef'.repeat(4)}`,
  });

/** A version in a path: its number or its digest. */
export const VersionSelector = z
  .string()
  .refine((text) => isVersion(text) || isDigest(text), 'must be a semantic version or a digest')
  .meta({ description: 'A version, by number or by digest', example: '1.2.0' });

/** The name of a channel that can be moved. `latest` can't be: it follows from the versions. */
export const ChannelName = z
  .string()
  .refine(isChannel, 'must be a lower-case word of letters, digits and hyphens, and not "latest"')
  .meta({ description: 'The name of a channel', example: 'stable' });

export const KeyId = z
  .string()
  .refine(isDigest, 'must be sha256: and 64 hexadecimal digits')
  .meta({ description: 'The id of a publisher key' });

export const Timestamp = z.iso.datetime().meta({ example: '2026-01-31T12:00:00.000Z' });

/** One line of text for people, as log entries allow it. */
export const Line = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .regex(linePattern, 'must be one line of text');

/** A secret as it is shown once: in a header or a variable, where nothing else may follow it. */
export const Secret = z.string().regex(/^[\x21-\x7e]{1,500}$/, 'must be printable ASCII');
