import {
  type Envelope,
  generateKeyPair,
  type KeyPair,
  type Manifest,
  sha256,
  signStatement,
} from '../trust/index.ts';
import type { TestRegistry } from './runtimes.ts';

export const manifest: Manifest = {
  description: 'Confines a test',
  images: ['nginx'],
  abi: '3.0',
  license: 'Apache-2.0',
};

/** A profile without lint errors; `detail` varies it. */
export function profileText(name: string, detail = ''): string {
  return [
    'abi <abi/3.0>,',
    'include <tunables/global>',
    '',
    `profile ${name} flags=(attach_disconnected, mediate_deleted) {`,
    '  include <abstractions/base>',
    '',
    `  /srv/${name}${detail}/** r,`,
    `  /usr/bin/${name} ix,`,
    '}',
    '',
  ].join('\n');
}

/** A team with a registered key and its own token. */
export interface Publisher {
  team: string;
  key: KeyPair;
  token: string;
}

/** Sends JSON to the API. */
export function send(
  registry: TestRegistry,
  method: string,
  path: string,
  body: unknown,
  token?: string,
): Promise<Response> {
  return registry.fetch(path, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Creates a team, a key and a token, as an administrator. */
export async function createPublisher(registry: TestRegistry, team: string): Promise<Publisher> {
  const key = await generateKeyPair();
  const { adminToken } = registry;
  await expectStatus(201, send(registry, 'POST', '/v1/teams', { name: team }, adminToken));
  const registration = { publicKey: key.publicKey.text, label: `${team} key` };
  const path = `/v1/teams/${team}/keys`;
  await expectStatus(201, send(registry, 'POST', path, registration, adminToken));
  const request = { team, label: `${team} token`, scope: 'admin' };
  const made = await expectStatus(201, send(registry, 'POST', '/v1/tokens', request, adminToken));
  return { team, key, token: ((await made.json()) as { token: string }).token };
}

/** The version to publish, with optional overrides. */
export interface Draft {
  name: string;
  version: string;
  text?: string;
  /** The texts of further variants that are signed, and those that are sent, by default the same. */
  others?: readonly string[];
  sent?: readonly string[];
  envelope?: Envelope;
  token?: string;
  manifest?: Manifest;
}

/** Signs a draft with the publisher's key. */
export async function signDraft(publisher: Publisher, draft: Draft): Promise<Envelope> {
  const text = draft.text ?? profileText(draft.name);
  const [digest, ...others] = await Promise.all(
    [text, ...(draft.others ?? [])].map((one) => sha256(new TextEncoder().encode(one))),
  );
  if (!digest) throw new TypeError('a version has a text');
  const { name, version } = draft;
  const subject = { team: publisher.team, name, version, digest, others };
  return signStatement({ ...subject, manifest: draft.manifest ?? manifest }, [publisher.key]);
}

/** Publishes a draft and returns the response. */
export async function publish(
  registry: TestRegistry,
  publisher: Publisher,
  draft: Draft,
): Promise<Response> {
  const { name, version, token = publisher.token, sent = draft.others ?? [] } = draft;
  const profile = draft.text ?? profileText(name);
  const envelope = draft.envelope ?? (await signDraft(publisher, draft));
  const path = `/v1/profiles/${publisher.team}/${name}/versions/${encodeURIComponent(version)}`;
  return send(
    registry,
    'PUT',
    path,
    { profile, envelope, ...(sent.length > 0 && { variants: sent }) },
    token,
  );
}

/** Returns the response if it has this status; otherwise fails with its body. */
export async function expectStatus(status: number, pending: Promise<Response>): Promise<Response> {
  const response = await pending;
  if (response.status !== status) {
    throw new Error(`expected ${status}, got ${response.status}: ${await response.text()}`);
  }
  return response;
}
