/** Lower-case hexadecimal (RFC 4648 section 8). */
export { bytesToHex as encodeHex, hexToBytes as decodeHex } from '@noble/hashes/utils.js';
