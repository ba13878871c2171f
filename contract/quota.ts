import * as z from 'zod';

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const Amounts = z.object({
  profiles: count,
  versions: count,
  bytes: count.meta({ description: 'Of profiles and their envelopes' }),
  changes: count.meta({
    description:
      'In a day (UTC): moves of channels, transfers, deprecations, profiles made public, members, trusted ' +
      'publishers, webhooks and tests of those',
  }),
  tokens: count.meta({ description: 'Of the team’s own, and new ones within a day' }),
  webhooks: count,
});

export const Quota = z
  .object({ used: Amounts, limits: Amounts })
  .meta({ id: 'Quota', description: 'What a team has and has done today, and what it may' });
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
  })
  .meta({ id: 'QuotaChange', description: "null goes back to the registry's own limit" });
export type QuotaChange = z.infer<typeof QuotaChange>;
