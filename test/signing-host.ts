import { gzipSync } from 'node:zlib';
import type { Report } from '../contract/index.ts';
import { generateKeyPair, type KeyPair, signHostRequest } from '../trust/index.ts';
import { expectStatus, type Publisher, send } from './publisher.ts';
import type { TestRegistry } from './runtimes.ts';

/** A host that joined a team. */
export interface SigningHost {
  id: number;
  key: KeyPair;
}

/** How a request differs from a correct one. */
export interface Signing {
  /** The path that is signed, if another. */
  signedPath?: string;
  time?: Date;
  gzip?: boolean;
  /** Changes the body after it was signed. */
  tamper?: (body: Buffer) => Buffer;
  headers?: Record<string, string>;
}

/** Sends a JSON body, signed as a host signs it. */
export async function sendSigned(
  registry: TestRegistry,
  path: string,
  body: unknown,
  key: KeyPair,
  { signedPath = path, time = new Date(), gzip = false, tamper, headers = {} }: Signing = {},
): Promise<Response> {
  const text = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const bytes = gzip ? gzipSync(text) : text;
  const when = time.toISOString();
  const request = { method: 'POST', path: signedPath, time: when, body: bytes };
  const signature = await signHostRequest(request, key);
  return registry.fetch(path, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'AA-Host-Time': when,
      'AA-Host-Signature': signature,
      ...(gzip && { 'Content-Encoding': 'gzip' }),
      ...headers,
    },
    body: new Uint8Array(tamper?.(bytes) ?? bytes),
  });
}

/** Creates a join token of a team. */
export async function createJoinToken(
  registry: TestRegistry,
  { team, token }: Pick<Publisher, 'team' | 'token'>,
  ends = new Date(Date.now() + 3_600_000),
): Promise<{ id: number; token: string }> {
  const path = `/v1/teams/${team}/join-tokens`;
  const made = send(
    registry,
    'POST',
    path,
    { label: 'a test', expiresAt: ends.toISOString() },
    token,
  );
  return (await (await expectStatus(201, made)).json()) as { id: number; token: string };
}

/** Joins a team with a new key. */
export async function join(
  registry: TestRegistry,
  owner: Pick<Publisher, 'team' | 'token'>,
  name = 'edge-1',
  labels: Record<string, string> = {},
): Promise<SigningHost> {
  const { token } = await createJoinToken(registry, owner);
  const key = await generateKeyPair();
  const body = { token, publicKey: key.publicKey.text, name, labels };
  const joined = await expectStatus(201, sendSigned(registry, '/v1/hosts', body, key));
  return { id: ((await joined.json()) as { id: number }).id, key };
}

/** A report without packages and events, with these differences. */
export function reportOf(sequence: number, more: Partial<Report> = {}): Report {
  return {
    ...{ sequence, kernel: '6.1.0-18-amd64', apparmor: '3.0', profiles: [], events: [] },
    ...{ omittedEvents: 0, droppedReports: 0, ...more },
  };
}

/** An event of a version, of today. */
export function eventOf(
  name: string,
  path: string,
  more: Partial<Report['events'][number]> = {},
): Report['events'][number] {
  const now = new Date().toISOString();
  return {
    ...{ name, version: '1.0.0', type: 'DENIED', count: 1, firstAt: now, lastAt: now },
    record: {
      ...{ operation: 'open', profile: name, name: path, requested_mask: 'r', denied_mask: 'r' },
      ...{ fsuid: '0', ouid: '0' },
    },
    ...more,
  };
}

/** Sends a report of a host. */
export function report(
  registry: TestRegistry,
  { id, key }: SigningHost,
  body: unknown,
  signing: Signing = {},
): Promise<Response> {
  return sendSigned(registry, `/v1/hosts/${id}/reports`, body, key, signing);
}
