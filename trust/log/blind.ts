import { type Digest, sha256 } from '../digest.ts';
import { encodeHex } from '../hex.ts';

/** Random bytes of a blind: as many as make guessing the name behind it hopeless. */
const blindLength = 32;

/** A new blind for a profile, hexadecimal. */
export function makeBlind(): string {
  return encodeHex(crypto.getRandomValues(new Uint8Array(blindLength)));
}

/**
 * What stands in the log in place of a private profile's name: a commitment that hides the name from anyone
 * without the blind, and binds the registry to one name for anyone with it.
 */
export function blindName(team: string, name: string, blind: string): Promise<Digest> {
  const text = `aa-registry/blind-name/v1\n${team}/${name}\n${blind}\n`;
  return sha256(new TextEncoder().encode(text));
}

/** The digits of base32 (RFC 4648 section 6), in lower case. */
const digits = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * What stands in the log in place of the name of a private profile's channel: a commitment under the same blind. It has
 * the form of a channel's name, since that is all that an entry may hold there: an `x`, and the first 155 bits of a
 * SHA-256 in base32.
 */
export async function blindChannel(
  team: string,
  name: string,
  channel: string,
  blind: string,
): Promise<string> {
  const text = `aa-registry/blind-channel/v1\n${team}/${name}:${channel}\n${blind}\n`;
  const digest = await sha256(new TextEncoder().encode(text));
  const bits = BigInt(`0x${digest.slice('sha256:'.length)}`) >> 101n;
  let blinded = '';
  for (let at = 0n; at < 31n; at++) blinded = digits[Number((bits >> (5n * at)) & 31n)] + blinded;
  return `x${blinded}`;
}
