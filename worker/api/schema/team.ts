import * as z from 'zod';
import { TeamName, Timestamp } from './name.ts';

const label = z.string().trim().min(1).max(100);

export const Key = z
  .object({
    keyId: z.string().meta({ description: 'sha256: of the SubjectPublicKeyInfo' }),
    publicKey: z.string().meta({ description: 'Ed25519 SubjectPublicKeyInfo, base64' }),
    label,
    createdAt: Timestamp,
  })
  .meta({ id: 'Key', description: "A team's publisher key" });
export type Key = z.infer<typeof Key>;

export const Team = z
  .object({ name: TeamName, createdAt: Timestamp, keys: z.array(Key) })
  .meta({ id: 'Team', description: 'A team and the keys that sign for it' });
export type Team = z.infer<typeof Team>;

export const NewTeam = z.strictObject({ name: TeamName }).meta({ id: 'NewTeam' });

export const NewKey = z
  .strictObject({ publicKey: z.string().max(200), label })
  .meta({ id: 'NewKey' });

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
  .object({ label: z.string(), team: TeamName.nullable(), admin: z.boolean() })
  .meta({ id: 'Identity', description: 'Whose token this is' });
export type Identity = z.infer<typeof Identity>;
