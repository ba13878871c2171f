import { type Digest, sha256 } from '../digest.ts';
import { encodeHex } from '../hex.ts';

/** Random bytes of a blind: as many as make guessing the name behind it hopeless. */
const blindLength = 32;

/** A new blind for a profile, hexadecimal. */
export function makeBlind(): string {
  return encodeHex(crypto.getRandomValues(new Uint8Array(blindLength)));
}

/**
 * What stands in the log in place of a private profile's name: a commitment that tells nothing to whoever does
 * not have the blind, and binds the registry to one name for whoever has it.
 */
export function blindName(team: string, name: string, blind: string): Promise<Digest> {
  const text = `aa-registry/blind-name/v1\n${team}/${name}\n${blind}\n`;
  return sha256(new TextEncoder().encode(text));
}
