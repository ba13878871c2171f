import type { Destinations } from '../ports.ts';

/** The timeout of a delivery, in milliseconds, and the maximum size of the response that is read, in bytes. */
export const timeout = 10_000;
export const maxResponseBytes = 64 * 1024;

/**
 * Posts a message and returns the status of the response; redirects are not followed. Throws on a timeout, or if the
 * destination is not allowed.
 */
export type Send = (url: string, headers: Record<string, string>, body: string) => Promise<number>;

/**
 * Sends with `fetch`, on Workers. Cloudflare resolves names there and only connects to the public internet.
 */
export function createFetchSend(destinations: Destinations): Send {
  return async (url, headers, body) => {
    const objection = destinations.objection(url);
    if (objection !== undefined) throw new Error(objection);
    const signal = AbortSignal.timeout(timeout);
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    return response.status;
  };
}
