import * as z from 'zod';
import { Secret, TeamName, Timestamp } from './name.ts';
import { PageLimit, wholeNumber } from './number.ts';

const url = z.string().max(2000).meta({
  description: 'An https URL on the public internet',
  example: 'https://ci.example.org/hooks/aa-registry',
});

export const NewWebhook = z.strictObject({ url }).meta({ id: 'NewWebhook' });

export const Webhook = z
  .object({ id: z.int(), team: TeamName, url: z.string(), createdAt: Timestamp })
  .meta({ id: 'Webhook', description: 'Receives events about a team’s profiles' });
export type Webhook = z.infer<typeof Webhook>;

export const CreatedWebhook = Webhook.extend({
  secret: Secret.meta({
    description: 'The secret that deliveries are signed with, shown only once',
  }),
}).meta({ id: 'CreatedWebhook' });
export type CreatedWebhook = z.infer<typeof CreatedWebhook>;

export const WebhookList = z.object({ items: z.array(Webhook) }).meta({ id: 'WebhookList' });

export const Delivery = z
  .object({
    id: z.int(),
    messageId: z.string().meta({ description: 'The value of the webhook-id header' }),
    kind: z.string().meta({ example: 'version.published' }),
    payload: z.string().meta({ description: 'The exact request body' }),
    state: z.enum(['pending', 'delivered', 'gave-up']),
    attempts: z.int(),
    createdAt: Timestamp,
    nextAttemptAt: Timestamp.nullable(),
    lastAttemptAt: Timestamp.nullable(),
    lastStatus: z.int().nullable(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'Delivery', description: 'A delivery of an event to a webhook' });
export type Delivery = z.infer<typeof Delivery>;

export const DeliveryPage = z
  .object({ items: z.array(Delivery), next: z.string().nullable() })
  .meta({ id: 'DeliveryPage', description: 'Deliveries, latest first' });
export type DeliveryPage = z.infer<typeof DeliveryPage>;

export const DeliveryQuery = z.object({
  limit: PageLimit,
  cursor: wholeNumber(1).optional(),
});
