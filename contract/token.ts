import * as z from 'zod';
import { Line, ProfileName, TeamName, Timestamp, UserName } from './name.ts';
import { Role } from './team.ts';

export const Scope = z
  .enum(['read', 'publish', 'admin'])
  .meta({ id: 'Scope', description: 'The most that a token may be used for' });
export type Scope = z.infer<typeof Scope>;

export const NewToken = z
  .strictObject({
    label: Line,
    user: UserName.optional().meta({ description: 'Whose it is; left out, with a team: its own' }),
    team: TeamName.optional().meta({ description: 'The only team that it is good for' }),
    profile: ProfileName.optional().meta({
      description: 'The only profile of the team that it is good for',
    }),
    scope: Scope.optional().meta({
      description: 'Left out: publish; admin for one that has neither user nor team',
    }),
    expiresAt: Timestamp.optional().meta({ description: 'Left out: it is good until revoked' }),
  })
  .refine(({ team, profile }) => profile === undefined || team !== undefined, {
    message: 'goes with a team',
    path: ['profile'],
  })
  .meta({ id: 'NewToken' });
export type NewToken = z.infer<typeof NewToken>;

export const Token = z
  .object({
    id: z.int(),
    label: Line,
    user: UserName.nullable().meta({ description: 'Null when it is a team’s or administrator’s' }),
    team: TeamName.nullable(),
    profile: ProfileName.nullable(),
    scope: Scope,
    createdAt: Timestamp,
    expiresAt: Timestamp.nullable(),
    revokedAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable().meta({ description: 'Exact to ten minutes' }),
  })
  .meta({ id: 'Token', description: 'An API token; the secret itself is not kept' });
export type Token = z.infer<typeof Token>;

export const CreatedToken = Token.extend({
  token: z.string().meta({ description: 'The secret, shown this once', example: 'aar_…' }),
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
    admin: z.boolean().meta({ description: 'Whether it may run the registry' }),
    roles: z.record(TeamName, Role).meta({ description: 'What it is good for, by team' }),
  })
  .meta({ id: 'Identity', description: 'Whose token this is' });
export type Identity = z.infer<typeof Identity>;
