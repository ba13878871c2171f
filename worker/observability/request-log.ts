import { LRUCache } from 'lru-cache';
import { visibleJson } from '../../policy/index.ts';
import type { Access, AccessObserver } from '../ports.ts';

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

/** A request as one line of JSON. What can hold nothing that JSON escapes is put in as it is: this is done for each. */
export function formatAccess(access: Access): string {
  const { id, method, route, address, token, status, time, milliseconds, bytes, error } = access;
  const level = status >= 500 ? 'error' : 'info';
  let line = `{"time":"${timestamp(time)}","level":"${level}","message":"request","requestId":"${id}"`;
  line += `,"method":${quote(method)},"route":${quote(route)},"status":${status}`;
  line += `,"ms":${Math.round(milliseconds * 1000) / 1000}`;
  if (bytes !== undefined) line += `,"bytes":${bytes}`;
  if (address !== undefined) line += `,"address":${quote(address)}`;
  if (token) line += `,"tokenId":${token.id},"token":${visibleJson(token.label)}`;
  if (error !== undefined) line += `,"error":${visibleJson(wordsOf(error))}`;
  return `${line}}`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Methods, routes and addresses as JSON: the same few come again and again. */
const quoted = new LRUCache<string, string>({ max: 1000 });

function quote(text: string): string {
  const known = quoted.get(text);
  if (known !== undefined) return known;
  const json = visibleJson(text);
  quoted.set(text, json);
  return json;
}

let latest = { time: Number.NaN, text: '' };

/** A time as JSON has it; many requests come within one millisecond. */
function timestamp(time: number): string {
  if (time !== latest.time) latest = { time, text: new Date(time).toISOString() };
  return latest.text;
}

/** Gathers lines so that many requests cost one write, which `flush` does. */
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
