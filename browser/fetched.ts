import { readAtMost } from '../trust/read-at-most.ts';

/** The maximum size of a response, in bytes. */
const maxBytes = 8 << 20;

/** The registry refused a request or could not be reached; the message says which. */
export class FetchError extends Error {}

/**
 * Fetches a path of the registry that served the page, without credentials.
 *
 * @throws FetchError
 */
export async function fetchBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(path, { credentials: 'omit' }).catch(() => {
    throw new FetchError('The registry can’t be reached.');
  });
  if (!response.ok) throw new FetchError(`The registry responded with ${response.status}.`);
  const bytes = await readAtMost(response.body, maxBytes);
  if (!bytes) throw new FetchError('The response is too large.');
  return bytes;
}
