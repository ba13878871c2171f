import { type Digest, sha256 } from '../digest.ts';
import { encodeHex } from '../hex.ts';

/** The number of random bytes in a blind: too many to guess, and so to search for the name. */
const blindLength = 32;

/** Creates a blind for a profile, hexadecimal. */
export function makeBlind(): string {
  return encodeHex(crypto.getRandomValues(new Uint8Array(blindLength)));
}

/**
 * The blinded name of a private profile in the log: a commitment that hides the name from anyone without the blind, and
 * binds the registry to one name for anyone with it.
 */
export function blindName(team: string, name: string, blind: string): Promise<Digest> {
  const text = `aa-registry/blind-name/v1\n${team}/${name}\n${blind}\n`;
  return sha256(new TextEncoder().encode(text));
}

/** The digits of base32 (RFC 4648 section 6), in lower case. */
const digits = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * The blinded name of a private profile's channel in the log: a commitment under the profile's blind. It is a valid
 * channel name, as entries require: `x` and the first 155 bits of a SHA-256 in base32.
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
