import * as z from 'zod';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { verifyEd25519 } from './ed25519.ts';
import type { KeyPair, PublicKey } from './key.ts';

/** The DSSE envelope (secure-systems-lab/dsse, envelope.md), as JSON. */
export const Envelope = z.object({
  payloadType: z.string().max(256),
  payload: z.base64().max(64 * 1024),
  signatures: z
    .array(z.object({ keyid: z.string().max(128), sig: z.base64().max(128) }))
    .min(1)
    .max(16),
});
export type Envelope = z.infer<typeof Envelope>;

/**
 * The bytes that a DSSE signature covers: the pre-authentication encoding
 * `DSSEv1 len(type) type len(payload) payload` (protocol.md).
 */
export function preAuthenticationEncoding(
  payloadType: string,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const typeLength = new TextEncoder().encode(payloadType).length;
  const head = new TextEncoder().encode(`DSSEv1 ${typeLength} ${payloadType} ${payload.length} `);
  const encoded = new Uint8Array(head.length + payload.length);
  encoded.set(head);
  encoded.set(payload, head.length);
  return encoded;
}

/** Signs `payload` with each of `keys`, in their order. */
export async function sign(
  payloadType: string,
  payload: Uint8Array,
  keys: KeyPair[],
): Promise<Envelope> {
  const message = preAuthenticationEncoding(payloadType, payload);
  const signatures = await Promise.all(
    keys.map(async ({ privateKey, publicKey }) => ({
      keyid: publicKey.keyId,
      sig: encodeBase64(new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, message))),
    })),
  );
  return { payloadType, payload: encodeBase64(payload), signatures };
}

/** An envelope's payload and the given keys that signed it. */
export interface Opened {
  payload: Uint8Array<ArrayBuffer>;
  signers: PublicKey[];
  /** Given keys that it names, but whose signatures are about something else. */
  mismatched: PublicKey[];
}

/**
 * Verifies an envelope with `keys`. Returns its payload and the keys that signed it, each once; `undefined` if the payload
 * is not canonical base64. The envelope's `keyid` only selects the key to try (protocol.md). The caller must check that
 * the signers are enough before it reads the payload.
 */
export async function open(envelope: Envelope, keys: PublicKey[]): Promise<Opened | undefined> {
  const payload = decodeBase64(envelope.payload);
  if (!payload) return undefined;
  const message = preAuthenticationEncoding(envelope.payloadType, payload);
  const signers = new Map<string, PublicKey>();
  const named = new Set<PublicKey>();
  for (const { keyid, sig } of envelope.signatures) {
    const key = keys.find((candidate) => candidate.keyId === keyid);
    const signature = decodeBase64(sig);
    if (!key || !signature || signers.has(keyid)) continue;
    named.add(key);
    if (await verifyEd25519(key.key, signature, message)) signers.set(key.keyId, key);
  }
  const mismatched = [...named].filter(({ keyId }) => !signers.has(keyId));
  return { payload, signers: [...signers.values()], mismatched };
}
