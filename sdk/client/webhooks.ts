import {
  CreatedWebhook,
  Delivery,
  DeliveryPage,
  type Webhook,
  WebhookList,
} from '../../contract/index.ts';
import type { Connection } from './connection.ts';
import { teamPath } from './paths.ts';

/** Requests about webhooks. */
export function webhookRequests({ call, send }: Connection) {
  const webhooksPath = (team: string) => `${teamPath(team)}/webhooks`;
  return {
    /** Adds a webhook; only this response contains its secret. */
    addWebhook(team: string, url: string): Promise<CreatedWebhook> {
      return call(CreatedWebhook, 'POST', webhooksPath(team), { url });
    },

    async listWebhooks(team: string): Promise<Webhook[]> {
      return (await call(WebhookList, 'GET', webhooksPath(team))).items;
    },

    async removeWebhook(team: string, id: number): Promise<void> {
      await send('DELETE', `${webhooksPath(team)}/${id}`);
    },

    /** Sends a test event to a webhook and returns the result. */
    testWebhook(team: string, id: number): Promise<Delivery> {
      return call(Delivery, 'POST', `${webhooksPath(team)}/${id}/test`);
    },

    /** A page of a webhook's deliveries, latest first. */
    listDeliveries(
      team: string,
      id: number,
      { limit = 20, cursor }: { limit?: number; cursor?: string } = {},
    ): Promise<DeliveryPage> {
      const query = `limit=${limit}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      return call(DeliveryPage, 'GET', `${webhooksPath(team)}/${id}/deliveries?${query}`);
    },
  };
}
