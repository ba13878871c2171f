import * as z from 'zod';
import { Envelope } from '../../../trust/index.ts';
import { KeyId, Line, TeamName, Timestamp } from './name.ts';

const label = Line;

/** The most keys that a team may ever have had: hosts look at each, and believe nobody who has more to show. */
export const mostKeys = 256;

export const Key = z
  .object({
    keyId: KeyId,
    publicKey: z.string().max(200).meta({ description: 'Ed25519 SubjectPublicKeyInfo, base64' }),
    label,
    endorsement: Envelope.nullable().meta({
      description: 'By which an older key of the team vouches for it; the first key has none',
    }),
    createdAt: Timestamp,
    logIndex: z.int(),
    revokedAt: Timestamp.nullable(),
    revocationLogIndex: z.int().nullable(),
  })
  .meta({ id: 'Key', description: "A team's publisher key" });
export type Key = z.infer<typeof Key>;

export const Team = z
  .object({ name: TeamName, createdAt: Timestamp, keys: z.array(Key).max(mostKeys) })
  .meta({ id: 'Team', description: 'A team and the keys that sign for it' });
export type Team = z.infer<typeof Team>;

export const NewTeam = z.strictObject({ name: TeamName }).meta({ id: 'NewTeam' });

export const NewKey = z
  .strictObject({
    publicKey: z.string().max(200),
    label,
    endorsement: Envelope.optional().meta({
      description: 'Needed unless it is the first key of the team that is good',
    }),
  })
  .meta({ id: 'NewKey' });

export const Revocation = z.strictObject({ reason: Line }).meta({ id: 'Revocation' });

export const NewToken = z
  .strictObject({
    label,
    team: TeamName.optional().meta({ description: "Left out for an administrator's token" }),
  })
  .meta({ id: 'NewToken' });

export const Token = z
  .object({
    token: z.string().meta({ description: 'Shown this once' }),
    label,
    team: TeamName.nullable(),
  })
  .meta({ id: 'Token' });
export type Token = z.infer<typeof Token>;

export const Identity = z
  .object({ label, team: TeamName.nullable(), admin: z.boolean() })
  .meta({ id: 'Identity', description: 'Whose token this is' });
export type Identity = z.infer<typeof Identity>;
