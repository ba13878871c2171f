// Requests per second and latencies, with wrk.
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

/** The default duration of a round, in seconds, and the number of connections. */
const seconds = 1;
const connections = 32;

export interface Measured {
  perSecond: number;
  /** In milliseconds. */
  p50: number;
  p99: number;
}

export function requireWrk(): void {
  if (spawnSync('wrk', ['--version']).error) {
    throw new Error('This benchmark requires wrk: apt-get install wrk');
  }
}

/**
 * Sends requests for a number of seconds with wrk, a process of its own, since this one serves the workers' database. Throws
 * on any response but 2xx and 3xx.
 */
export async function load(
  url: string,
  headers: Record<string, string>,
  time = seconds,
): Promise<Measured> {
  const options = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = [
    '-t1',
    '--timeout',
    '30s',
    `-c${connections}`,
    `-d${time}s`,
    '--latency',
    ...options,
    url,
  ];
  const { stdout: output } = await promisify(execFile)('wrk', args, { encoding: 'utf8' });
  const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(output)?.[0];
  if (failed) throw new Error(`${url}: ${failed}`);
  const of = (pattern: RegExp) => pattern.exec(output)?.[1] ?? '';
  const milliseconds = (text: string) =>
    Number.parseFloat(text) * (text.endsWith('us') ? 0.001 : text.endsWith('ms') ? 1 : 1000);
  return {
    perSecond: Number(of(/Requests\/sec:\s+([\d.]+)/)),
    p50: milliseconds(of(/50%\s+(\S+)/)),
    p99: milliseconds(of(/99%\s+(\S+)/)),
  };
}
