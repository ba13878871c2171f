import * as z from 'zod';
import { Envelope, isReservedTeam, maxKeys } from '../trust/index.ts';
import { KeyId, Line, TeamName, Timestamp, UserName } from './name.ts';

const label = Line;

export const Key = z
  .object({
    keyId: KeyId,
    publicKey: z.string().max(200).meta({ description: 'Ed25519 SubjectPublicKeyInfo, base64' }),
    label,
    endorsement: Envelope.nullable().meta({
      description: 'The endorsement of the key by an older key of the team; the first key has none',
    }),
    createdAt: Timestamp,
    logIndex: z.int(),
    revokedAt: Timestamp.nullable(),
    revocationLogIndex: z.int().nullable(),
  })
  .meta({ id: 'Key', description: "A team's publisher key" });
export type Key = z.infer<typeof Key>;

export const VersionPolicy = z.enum(['none', 'semver']).meta({
  id: 'VersionPolicy',
  description:
    'semver: a version that permits more than the one that it follows must be a new major version (below 1.0.0, a new ' +
    'minor version), or give the reason in its signed manifest; none: any version may be published',
});
export type VersionPolicy = z.infer<typeof VersionPolicy>;

export const Team = z
  .object({
    name: TeamName,
    createdAt: Timestamp,
    versionPolicy: VersionPolicy.default('none'),
    keys: z.array(Key).max(maxKeys),
  })
  .meta({ id: 'Team', description: 'A team and the keys that sign for it' });
export type Team = z.infer<typeof Team>;

export const NewTeam = z
  .strictObject({
    name: TeamName.refine(
      (name) => !isReservedTeam(name),
      'is reserved: container runtimes use it for their own profiles',
    ),
  })
  .meta({ id: 'NewTeam' });

export const TeamChange = z
  .strictObject({ versionPolicy: VersionPolicy })
  .meta({ id: 'TeamChange' });

export const NewKey = z
  .strictObject({
    publicKey: z.string().max(200),
    label,
    endorsement: Envelope.optional().meta({
      description: 'Required unless the team has no valid key',
    }),
  })
  .meta({ id: 'NewKey' });

export const Revocation = z
  .strictObject({ reason: Line.meta({ example: 'laptop stolen' }) })
  .meta({ id: 'Revocation' });

export const Role = z
  .enum(['reader', 'publisher', 'owner'])
  .meta({ id: 'Role', description: 'Each role includes the rights of those before it' });
export type Role = z.infer<typeof Role>;

export const NewUser = z
  .strictObject({
    name: UserName,
    admin: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether the user is an administrator of the registry' }),
  })
  .meta({ id: 'NewUser' });

export const User = z
  .object({ name: UserName, admin: z.boolean(), createdAt: Timestamp })
  .meta({ id: 'User' });
export type User = z.infer<typeof User>;

export const UserChange = z.strictObject({ admin: z.boolean() }).meta({ id: 'UserChange' });

export const UserPage = z
  .object({ items: z.array(User), next: z.string().nullable() })
  .meta({ id: 'UserPage' });

export const Membership = z.strictObject({ role: Role }).meta({ id: 'Membership' });

export const Member = z
  .object({ user: UserName, role: Role, createdAt: Timestamp })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof Member>;

export const MemberList = z.object({ items: z.array(Member) }).meta({ id: 'MemberList' });
