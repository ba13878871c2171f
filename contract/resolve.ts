import * as z from 'zod';
import {
  ChannelName,
  DigestText,
  Line,
  ProfileName,
  ProfilePath,
  TeamName,
  VersionNumber,
} from './name.ts';
import { Problem } from './problem.ts';
import { VersionSummary } from './profile.ts';

/** The maximum number of references in a request. */
export const maxReferences = 100;

const Ref = z.string().max(300);

export const ResolveQuery = z.object({
  ref: z.union([Ref, z.array(Ref)]).meta({
    description: `A reference, such as docker-nginx, acme/web@^1.2 or acme/web:candidate; repeat it for up to ${maxReferences} (ref=a&ref=b)`,
    example: 'docker-nginx@^1.2',
  }),
});

export const Resolution = z
  .object({
    ref: z.string().meta({ description: 'The reference as requested' }),
    team: TeamName,
    name: ProfileName,
    version: VersionNumber,
    digest: DigestText.meta({ description: 'The digest of the profile, or of its first variant' }),
    variants: VersionSummary.shape.variants,
    channel: z
      .union([ChannelName, z.literal('latest')])
      .nullable()
      .meta({
        description:
          'The channel that selected the version; null if the reference has another selector',
      }),
    yankReason: Line.nullable().meta({
      description: 'Why the version was yanked; null if it was not',
    }),
    deprecation: Line.nullable().meta({
      description: 'Why the profile is deprecated; null if it is not',
    }),
    replacement: ProfilePath.nullable().meta({ description: 'The profile to use instead' }),
    movedTo: TeamName.nullable().meta({
      description: 'The team that the profile was transferred to',
    }),
    revokedKeys: z.int().min(0).optional().meta({
      description: 'The number of revoked keys of the team; when it grows, hosts fetch the keys',
    }),
  })
  .meta({ id: 'Resolution', description: 'What a reference resolves to' });
export type Resolution = z.infer<typeof Resolution>;

export const Unresolved = z
  .object({ ref: z.string(), problem: Problem })
  .meta({ id: 'Unresolved', description: 'Why a reference can’t be resolved' });
export type Unresolved = z.infer<typeof Unresolved>;

export const Resolutions = z
  .object({ items: z.array(z.union([Resolution, Unresolved])) })
  .meta({ id: 'Resolutions', description: 'Resolutions in the order of the references' });
export type Resolutions = z.infer<typeof Resolutions>;
