import type { Access, AccessObserver } from './access.ts';

/** Which requests are logged: none, those that failed here (5xx), or all. */
export const logLevels = ['off', 'error', 'info'] as const;
export type LogLevel = (typeof logLevels)[number];

export function isLogLevel(text: string): text is LogLevel {
  return (logLevels as readonly string[]).includes(text);
}

/** Writes one JSON line for each request that `level` asks for; `undefined` when that is none. */
export function createRequestLog(
  level: LogLevel,
  write: (line: string) => void,
): AccessObserver | undefined {
  if (level === 'off') return undefined;
  return (access) => {
    if (level === 'info' || access.status >= 500) write(formatAccess(access));
  };
}

/** A request as one line of JSON. */
export function formatAccess(access: Access): string {
  const { id, method, route, address, token, status, time, milliseconds, bytes, error } = access;
  return JSON.stringify({
    time: new Date(time).toISOString(),
    level: status >= 500 ? 'error' : 'info',
    message: 'request',
    requestId: id,
    method,
    route,
    status,
    ms: Math.round(milliseconds * 1000) / 1000,
    bytes,
    address,
    tokenId: token?.id,
    token: token?.label,
    error: error instanceof Error ? error.stack : error && String(error),
  });
}

/** How much is gathered before it is written, in characters, and for how long, in milliseconds. */
const batchLength = 16 * 1024;
const batchTime = 100;

/** Gathers lines so that many requests cost one write; `flush` writes what is left. */
export function batchLines(write: (text: string) => void): {
  add: (line: string) => void;
  flush: () => void;
} {
  let batch = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (batch !== '') write(batch);
    batch = '';
  };
  const add = (line: string) => {
    batch += `${line}\n`;
    if (batch.length >= batchLength) flush();
    else timer ??= setTimeout(flush, batchTime);
  };
  return { add, flush };
}
