import { decodeBase64, encodeBase64 } from '../../trust/index.ts';

/** The prefix of a webhook's secret (Standard Webhooks, "Signature scheme"). */
const prefix = 'whsec_';

/** Generates a secret of 256 random bits. */
export function generateSecret(): string {
  return prefix + encodeBase64(crypto.getRandomValues(new Uint8Array(32)));
}

/**
 * The signature headers of a message (Standard Webhooks, "Webhook headers"): the HMAC-SHA256, with the webhook's secret, of
 * the id, the time in seconds and the body, separated by dots.
 */
export async function signatureHeaders(
  secret: string,
  { id, time, body }: { id: string; time: Date; body: string },
): Promise<Record<string, string>> {
  const bytes = decodeBase64(secret.slice(prefix.length));
  if (!secret.startsWith(prefix) || !bytes) throw new TypeError('not a webhook secret');
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign']);
  const timestamp = String(Math.floor(time.getTime() / 1000));
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, signed));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${encodeBase64(signature)}`,
  };
}
