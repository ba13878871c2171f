import * as z from 'zod';
import { Line, ProfileName, Secret, TeamName, Timestamp, VersionNumber } from './name.ts';
import { PageLimit, wholeNumber } from './number.ts';

/** The maximum number of labels of a host. */
const maxLabels = 16;

const labelKey = /^[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?$/;
const labelValue = /^[A-Za-z0-9._:/@-]{0,63}$/;

/** Whether a text can be the key, or the value, of a label. */
export const isLabelKey = (text: string) => labelKey.test(text);
export const isLabelValue = (text: string) => labelValue.test(text);

const LabelKey = z
  .string()
  .regex(labelKey, 'must be 1 to 63 lower-case letters, digits and inner dots, slashes, hyphens');
const LabelValue = z
  .string()
  .regex(labelValue, 'must be at most 63 letters, digits and any of . _ : / @ -');

const isFew = (labels: object) => Object.keys(labels).length <= maxLabels;
const few = `must be at most ${maxLabels} labels`;

const Labels = z
  .record(LabelKey, LabelValue)
  .refine(isFew, few)
  .meta({ description: 'Labels for people and filters', example: { role: 'edge' } });

/** A host's name for people. */
const HostName = Line.max(100).meta({ example: 'edge-7' });

export const NewJoinToken = z
  .strictObject({ label: Line.meta({ example: 'edge hosts' }), expiresAt: Timestamp })
  .meta({ id: 'NewJoinToken' });
export type NewJoinToken = z.infer<typeof NewJoinToken>;

export const JoinToken = z
  .object({
    id: z.int(),
    team: TeamName,
    label: Line,
    createdAt: Timestamp,
    expiresAt: Timestamp,
    revokedAt: Timestamp.nullable(),
  })
  .meta({ id: 'JoinToken', description: 'A token with which hosts join a team' });
export type JoinToken = z.infer<typeof JoinToken>;

export const CreatedJoinToken = JoinToken.extend({
  token: Secret.meta({ description: 'The secret, shown only once', example: 'aaj_EXAMPLE' }),
}).meta({ id: 'CreatedJoinToken' });
export type CreatedJoinToken = z.infer<typeof CreatedJoinToken>;

export const JoinTokenList = z.object({ items: z.array(JoinToken) }).meta({ id: 'JoinTokenList' });

export const NewHost = z
  .strictObject({
    token: Secret.meta({ description: 'A join token', example: 'aaj_EXAMPLE' }),
    publicKey: z.string().max(200).meta({ description: 'Ed25519 SubjectPublicKeyInfo, base64' }),
    name: HostName,
    labels: Labels.optional(),
  })
  .meta({ id: 'NewHost' });
export type NewHost = z.infer<typeof NewHost>;

/** The modes of a profile in the kernel; `mixed`, if a package's profiles have several. */
export const profileModes = [
  'enforce',
  'complain',
  'kill',
  'unconfined',
  'user',
  'mixed',
  'not-loaded',
  'unknown',
] as const;
export type ProfileMode = (typeof profileModes)[number];

export const HostProfile = z
  .strictObject({
    name: ProfileName,
    version: VersionNumber,
    mode: z.enum(profileModes),
    drifted: z.boolean().meta({ description: 'Whether it differs from what was installed' }),
  })
  .meta({ id: 'HostProfile', description: 'A package of the team on a host' });
export type HostProfile = z.infer<typeof HostProfile>;

/** After how many hours without a report a host is silent. */
export const silentAfter = 48;

export const hostStates = ['active', 'drifted', 'silent', 'retired'] as const;
export type HostState = (typeof hostStates)[number];

export const Host = z
  .object({
    id: z.int(),
    team: TeamName,
    name: HostName,
    labels: Labels,
    keyId: z.string().meta({ description: 'The id of its key' }),
    state: z.enum(hostStates).meta({
      description: `silent: no report for ${silentAfter} hours; drifted: a package differs from what was installed`,
    }),
    joinedAt: Timestamp,
    retiredAt: Timestamp.nullable(),
    reportedAt: Timestamp.nullable().meta({ description: 'When its last report arrived' }),
    kernel: z.string().nullable(),
    apparmor: z.string().nullable(),
    profiles: z.array(HostProfile),
    omittedEvents: z.int().meta({ description: 'Events that it counted and did not list' }),
    droppedReports: z.int().meta({ description: 'Reports that it could not send in time' }),
  })
  .meta({ id: 'Host', description: 'A host that reports to a team, as it says' });
export type Host = z.infer<typeof Host>;

export const HostPage = z
  .object({ items: z.array(Host), next: z.string().nullable() })
  .meta({ id: 'HostPage' });
export type HostPage = z.infer<typeof HostPage>;

export const HostQuery = z.object({
  limit: PageLimit,
  cursor: wholeNumber(1).optional(),
  state: z.enum(hostStates).optional().meta({ description: 'By default all that are not retired' }),
  label: z
    .string()
    .max(130)
    .refine(
      (text) => {
        const [key = '', value = '', ...rest] = text.split('=');
        return rest.length === 0 && isLabelKey(key) && isLabelValue(value) && text.includes('=');
      },
      { message: 'must be key=value' },
    )
    .optional()
    .meta({ example: 'role=edge' }),
  profile: ProfileName.optional().meta({ description: 'Only hosts that have this package' }),
  version: VersionNumber.optional().meta({ description: 'Only hosts that have this version' }),
});

export const HostChange = z
  .strictObject({
    name: HostName.optional(),
    labels: z
      .record(LabelKey, LabelValue.nullable())
      .refine(isFew, few)
      .optional()
      .meta({ description: 'Sets labels; null removes one', example: { role: 'edge' } }),
  })
  .meta({ id: 'HostChange' });
export type HostChange = z.infer<typeof HostChange>;

/** A host's labels after a change; `undefined` if there are too many. */
export function changedLabels(
  labels: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string | null>>,
): Record<string, string> | undefined {
  const all = Object.entries({ ...labels, ...change });
  const kept = Object.fromEntries(all.filter((one): one is [string, string] => one[1] !== null));
  return isFew(kept) ? kept : undefined;
}

export const FleetVersion = z
  .object({
    name: ProfileName,
    version: VersionNumber,
    hosts: z.int(),
    complain: z.int().meta({ description: 'How many of them have it in complain mode' }),
    drifted: z.int(),
  })
  .meta({ id: 'FleetVersion' });

export const Fleet = z
  .object({
    team: TeamName,
    hosts: z.int().meta({ description: 'Those that are not retired' }),
    silent: z.int(),
    drifted: z.int().meta({ description: 'Those that are not silent' }),
    versions: z.array(FleetVersion),
  })
  .meta({ id: 'Fleet', description: 'The hosts of a team, in numbers' });
export type Fleet = z.infer<typeof Fleet>;
