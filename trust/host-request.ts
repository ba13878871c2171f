import { decodeBase64, encodeBase64 } from './base64.ts';
import { preAuthenticationEncoding } from './dsse.ts';
import { verifyEd25519 } from './ed25519.ts';
import type { KeyPair, PublicKey } from './key.ts';

/** The DSSE payload type of a request that a host signs. */
const payloadType = 'application/vnd.aa-registry.host-request';

/** A request of a host to the registry. */
export interface HostRequest {
  method: string;
  /** The path of the API, such as `/v1/hosts/7/reports`, which names the host. */
  path: string;
  /** The time of the host's clock, in ISO 8601. */
  time: string;
  /** The exact bytes that are sent. */
  body: Uint8Array;
}

/**
 * The bytes that a host signs: the DSSE pre-authentication encoding of the method, the path, the time, and the body behind
 * a line feed each, so that a signature is valid for nothing else.
 */
function messageOf({ method, path, time, body }: HostRequest): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`${method} ${path}\n${time}\n`);
  const payload = new Uint8Array(head.length + body.length);
  payload.set(head);
  payload.set(body, head.length);
  return preAuthenticationEncoding(payloadType, payload);
}

/** Signs a request with a host's key; returns the base64 of the Ed25519 signature. */
export async function signHostRequest(request: HostRequest, key: KeyPair): Promise<string> {
  const signature = await crypto.subtle.sign('Ed25519', key.privateKey, messageOf(request));
  return encodeBase64(new Uint8Array(signature));
}

/** Whether the signature is one by the host's key of exactly this request. Never throws. */
export async function verifyHostRequest(
  request: HostRequest,
  signature: string,
  { key }: PublicKey,
): Promise<boolean> {
  const bytes = decodeBase64(signature);
  return bytes !== undefined && verifyEd25519(key, bytes, messageOf(request));
}
