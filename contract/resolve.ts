import * as z from 'zod';
import { ChannelName, DigestText, Line, ProfileName, TeamName, VersionNumber } from './name.ts';
import { Problem } from './problem.ts';

/** How many references one request may ask for. */
export const maxReferences = 100;

const Ref = z.string().max(300);

export const ResolveQuery = z.object({
  ref: z.union([Ref, z.array(Ref)]).meta({
    description: `A reference, such as docker-nginx, acme/web@^1.2 or acme/web:candidate; up to ${maxReferences}, as in ref=a&ref=b`,
    example: 'docker-nginx@^1.2',
  }),
});

export const Resolution = z
  .object({
    ref: z.string().meta({ description: 'The reference, as it was asked for' }),
    team: TeamName,
    name: ProfileName,
    version: VersionNumber,
    digest: DigestText,
    channel: z
      .union([ChannelName, z.literal('latest')])
      .nullable()
      .meta({
        description: 'The channel that names the version; null when it was asked for otherwise',
      }),
    yankReason: Line.nullable().meta({ description: 'Why the version should not be chosen' }),
    deprecation: z.string().nullable().meta({ description: 'Why not to use the profile any more' }),
    replacement: z.string().nullable().meta({ description: 'The profile to use in its place' }),
    movedTo: TeamName.nullable().meta({ description: 'The team that goes on with the profile' }),
    revokedKeys: z.int().min(0).optional().meta({
      description: 'How many keys of the team are revoked: when it grows, hosts ask which',
    }),
  })
  .meta({ id: 'Resolution', description: 'What a reference means now' });
export type Resolution = z.infer<typeof Resolution>;

export const Unresolved = z
  .object({ ref: z.string(), problem: Problem })
  .meta({ id: 'Unresolved', description: 'Why a reference means nothing' });
export type Unresolved = z.infer<typeof Unresolved>;

export const Resolutions = z
  .object({ items: z.array(z.union([Resolution, Unresolved])) })
  .meta({ id: 'Resolutions', description: 'What references mean now, each at its place' });
export type Resolutions = z.infer<typeof Resolutions>;
