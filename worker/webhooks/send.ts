import type { Destinations } from '../ports.ts';

/** How long a receiver may take for all of it, in milliseconds, and the most of its answer that is read, in bytes. */
export const timeout = 10_000;
export const maxResponseBytes = 64 * 1024;

/**
 * Posts a message and returns the status of the answer; redirects are answers like any other. Throws when there is
 * no answer in time, or when the address is none that webhooks may go to.
 */
export type Send = (url: string, headers: Record<string, string>, body: string) => Promise<number>;

/**
 * Sends with the runtime's own `fetch`, on Workers. What a name stands for is decided by Cloudflare there, which
 * connects to nothing but the public internet.
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
