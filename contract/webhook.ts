import * as z from 'zod';
import { TeamName, Timestamp } from './name.ts';
import { PageLimit, wholeNumber } from './number.ts';

const url = z.string().max(2000).meta({
  description: 'An https address of the public internet',
  example: 'https://ci.example.org/hooks/aa-registry',
});

export const NewWebhook = z.strictObject({ url }).meta({ id: 'NewWebhook' });

export const Webhook = z
  .object({ id: z.int(), team: TeamName, url: z.string(), createdAt: Timestamp })
  .meta({ id: 'Webhook', description: 'Where a team is told of what happens to its profiles' });
export type Webhook = z.infer<typeof Webhook>;

export const CreatedWebhook = Webhook.extend({
  secret: z.string().meta({ description: 'What deliveries are signed with; shown this once' }),
}).meta({ id: 'CreatedWebhook' });
export type CreatedWebhook = z.infer<typeof CreatedWebhook>;

export const WebhookList = z.object({ items: z.array(Webhook) }).meta({ id: 'WebhookList' });

export const Delivery = z
  .object({
    id: z.int(),
    messageId: z.string().meta({ description: 'The header webhook-id' }),
    kind: z.string().meta({ example: 'version.published' }),
    payload: z.string().meta({ description: 'The exact body' }),
    state: z.enum(['pending', 'delivered', 'gave-up']),
    attempts: z.int(),
    createdAt: Timestamp,
    nextAttemptAt: Timestamp.nullable(),
    lastAttemptAt: Timestamp.nullable(),
    lastStatus: z.int().nullable(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'Delivery', description: 'What a webhook was told, or is to be told' });
export type Delivery = z.infer<typeof Delivery>;

export const DeliveryPage = z
  .object({ items: z.array(Delivery), next: z.string().nullable() })
  .meta({ id: 'DeliveryPage', description: 'Deliveries, the latest first' });
export type DeliveryPage = z.infer<typeof DeliveryPage>;

export const DeliveryQuery = z.object({
  limit: PageLimit,
  cursor: wholeNumber(1).optional(),
});
