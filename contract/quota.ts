import * as z from 'zod';

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const Amounts = z.object({
  profiles: count,
  versions: count,
  bytes: count.meta({ description: 'The size of profiles and their envelopes' }),
  changes: count.meta({
    description:
      'Changes per day (UTC): channel moves, transfers, deprecations, profiles made public, members, trusted ' +
      'publishers, webhooks and webhook tests',
  }),
  tokens: count.meta({ description: 'The team’s own tokens, and those created within a day' }),
  webhooks: count,
  hosts: count.default(0).meta({ description: 'Hosts that joined the team and are not retired' }),
});

export const Quota = z
  .object({ used: Amounts, limits: Amounts })
  .meta({ id: 'Quota', description: 'The usage and limits of a team' });
export type Quota = z.infer<typeof Quota>;

const limit = count.nullable().optional();

export const QuotaChange = z
  .strictObject({
    profiles: limit,
    versions: limit,
    bytes: limit,
    changes: limit,
    tokens: limit,
    webhooks: limit,
    hosts: limit,
  })
  .meta({ id: 'QuotaChange', description: "null resets to the registry's limit" });
export type QuotaChange = z.infer<typeof QuotaChange>;
