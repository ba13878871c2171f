import { LRUCache } from 'lru-cache';
import { visibleJson } from '../../policy/index.ts';
import type { RequestObserver, RequestRecord } from '../ports.ts';
import { traceOf } from './text-log.ts';

/** Which requests are logged: none, those with a status of 5xx, or all. */
export const logLevels = ['off', 'error', 'info'] as const;
export type LogLevel = (typeof logLevels)[number];

export function isLogLevel(text: string): text is LogLevel {
  return (logLevels as readonly string[]).includes(text);
}

/** Creates an observer that writes a JSON line for each request of `level`; `undefined` if the level is `off`. */
export function createRequestLog(
  level: LogLevel,
  write: (line: string) => void,
): RequestObserver | undefined {
  if (level === 'off') return undefined;
  return (record) => {
    if (level === 'info' || record.status >= 500) write(formatRecord(record));
  };
}

/** Formats a request as a line of JSON. For speed, fields that need no escaping are inserted directly. */
export function formatRecord(record: RequestRecord): string {
  const { id, method, route, address, token, status, time, milliseconds, bytes, error } = record;
  const level = status >= 500 ? 'error' : 'info';
  let line = `{"time":"${timestamp(time)}","level":"${level}","message":"request","requestId":"${id}"`;
  line += `,"method":${quote(method)},"route":${quote(route)},"status":${status}`;
  line += `,"ms":${Math.round(milliseconds * 1000) / 1000}`;
  if (bytes !== undefined) line += `,"bytes":${bytes}`;
  if (address !== undefined) line += `,"address":${quote(address)}`;
  if (token) line += `,"tokenId":${token.id},"token":${visibleJson(token.label)}`;
  if (error !== undefined) line += `,"error":${visibleJson(traceOf(error))}`;
  return `${line}}`;
}

/** Methods, routes and addresses as JSON: there are few of them. */
const quoted = new LRUCache<string, string>({ max: 1000 });

function quote(text: string): string {
  const known = quoted.get(text);
  if (known !== undefined) return known;
  const json = visibleJson(text);
  quoted.set(text, json);
  return json;
}

let latest = { time: Number.NaN, text: '' };

/** Formats a time; cached, since many requests arrive within a millisecond. */
function timestamp(time: number): string {
  if (time !== latest.time) latest = { time, text: new Date(time).toISOString() };
  return latest.text;
}

/** Batches lines until `flush` writes them, so that many requests cost one write. */
export function batchLines(write: (text: string) => void): {
  add: (line: string) => void;
  flush: () => void;
} {
  let batch = '';
  return {
    add: (line) => {
      batch += `${line}\n`;
    },
    flush: () => {
      if (batch !== '') write(batch);
      batch = '';
    },
  };
}
