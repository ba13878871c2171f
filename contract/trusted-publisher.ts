import * as z from 'zod';
import { linePattern } from '../trust/index.ts';
import { ProfileName, TeamName, Timestamp } from './name.ts';

const word = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(linePattern, 'must be one line')
    .regex(/^\S+$/, 'no spaces');

const Repository = word(300)
  .regex(/^[^/]+(\/[^/]+)+$/, 'must be owner/name, or group/project')
  .transform((text) => text.toLowerCase())
  .meta({ example: 'acme/profiles' });

export const NewTrustedPublisher = z
  .strictObject({
    issuer: z.url().max(300).meta({ description: 'The provider', example: 'https://gitlab.com' }),
    repository: Repository,
    branch: word(255).meta({ example: 'main' }),
    environment: word(255).nullable().default(null).meta({
      description: 'The deployment environment that the job must run in; null for any',
    }),
    profile: ProfileName.nullable().default(null).meta({
      description: 'The only profile that it may publish; null for any profile of the team',
    }),
  })
  .meta({ id: 'NewTrustedPublisher' });
export type NewTrustedPublisher = z.infer<typeof NewTrustedPublisher>;

export const TrustedPublisher = z
  .object({
    id: z.int(),
    issuer: z.string(),
    repository: z.string(),
    branch: z.string(),
    environment: z.string().nullable(),
    profile: ProfileName.nullable(),
    createdAt: Timestamp,
    bound: z.boolean().meta({
      description:
        'Whether it has published and is bound to the id of the repository, not only its name',
    }),
  })
  .meta({
    id: 'TrustedPublisher',
    description: 'A repository whose CI can publish without a stored secret',
  });
export type TrustedPublisher = z.infer<typeof TrustedPublisher>;

export const TrustedPublisherList = z
  .object({ items: z.array(TrustedPublisher) })
  .meta({ id: 'TrustedPublisherList' });

export const OidcExchange = z
  .strictObject({
    token: z.string().min(1).max(16_384).meta({
      description: 'The OpenID Connect token of the job',
      example: 'eyJhbGciOiJSUzI1NiIsI…',
    }),
    team: TeamName,
    profile: ProfileName.optional(),
  })
  .meta({ id: 'OidcExchange' });

export const OidcSettings = z
  .object({
    audience: z.string().meta({ description: 'The audience that the job’s token must have' }),
    issuers: z.array(z.string()),
  })
  .meta({ id: 'OidcSettings' });
