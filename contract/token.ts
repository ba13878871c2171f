import * as z from 'zod';
import { Line, ProfileName, Secret, TeamName, Timestamp, UserName } from './name.ts';
import { Role } from './team.ts';

export const Scope = z
  .enum(['read', 'publish', 'admin'])
  .meta({ id: 'Scope', description: 'The maximum rights of a token' });
export type Scope = z.infer<typeof Scope>;

export const NewToken = z
  .strictObject({
    label: Line,
    user: UserName.optional().meta({
      description: 'The owner; with a team and no user, the token is the team’s own',
    }),
    team: TeamName.optional().meta({ description: 'Limits the token to this team' }),
    profile: ProfileName.optional().meta({
      description: 'Limits the token to this profile of the team',
    }),
    scope: Scope.optional().meta({
      description: 'Default: publish, or admin without user and team',
    }),
    expiresAt: Timestamp.optional().meta({
      description: 'Without it, the token is valid until revoked',
    }),
  })
  .refine(({ team, profile }) => profile === undefined || team !== undefined, {
    message: 'requires a team',
    path: ['profile'],
  })
  .meta({ id: 'NewToken' });
export type NewToken = z.infer<typeof NewToken>;

export const Token = z
  .object({
    id: z.int(),
    label: Line,
    user: UserName.nullable().meta({ description: 'Null for tokens of teams and administrators' }),
    team: TeamName.nullable(),
    profile: ProfileName.nullable(),
    scope: Scope,
    createdAt: Timestamp,
    expiresAt: Timestamp.nullable(),
    revokedAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable().meta({ description: 'Accurate to ten minutes' }),
  })
  .meta({ id: 'Token', description: 'An API token without its secret' });
export type Token = z.infer<typeof Token>;

export const CreatedToken = Token.extend({
  token: Secret.meta({ description: 'The secret, shown only once', example: 'aar_EXAMPLE' }),
}).meta({ id: 'CreatedToken' });
export type CreatedToken = z.infer<typeof CreatedToken>;

export const TokenPage = z
  .object({ items: z.array(Token), next: z.string().nullable() })
  .meta({ id: 'TokenPage' });
export type TokenPage = z.infer<typeof TokenPage>;

export const Identity = Token.pick({
  label: true,
  user: true,
  team: true,
  profile: true,
  scope: true,
  expiresAt: true,
})
  .extend({
    admin: z.boolean().meta({ description: 'Whether the token has administrator rights' }),
    roles: z.record(TeamName, Role).meta({ description: 'The roles of the token by team' }),
  })
  .meta({ id: 'Identity', description: 'The identity of an API token' });
export type Identity = z.infer<typeof Identity>;
