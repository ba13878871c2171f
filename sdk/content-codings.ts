import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** The maximum number of content codings that Node's fetch accepts. */
const maxCodings = 5;

/** A message of the channel, as far as it is used: names and values of headers in turn. */
interface ReceivedHeaders {
  response?: { headers?: Buffer[] };
}

/**
 * Keeps a server from ending this process with a long `Content-Encoding`. Node's fetch refuses more than five codings but
 * leaves the body's stream without an error handler, so that a broken connection or a timeout afterwards is an uncaught
 * exception. The header is renamed before fetch reads it, and the body then arrives undecoded.
 */
export function refuseManyCodings(): void {
  unsubscribe(channel, hideCodings);
  subscribe(channel, hideCodings);
}

const channel = 'undici:request:headers';

function hideCodings(message: unknown): void {
  const headers = (message as ReceivedHeaders).response?.headers;
  // An exception here would be uncaught too.
  if (!Array.isArray(headers)) return;
  const names = [...headers.keys()].filter(
    (at) => at % 2 === 0 && /^content-encoding$/i.test(String(headers[at])),
  );
  const codings = names.flatMap((at) => String(headers[at + 1]).split(','));
  if (codings.length <= maxCodings) return;
  for (const at of names) headers[at] = Buffer.from('X-Refused-Content-Encoding');
}
