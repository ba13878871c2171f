/** Lower-case hexadecimal, two digits a byte (RFC 4648 section 8). */
export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
