/** Lower-case hexadecimal, two digits a byte, and the bytes it stands for (RFC 4648 section 8). */
export { bytesToHex as encodeHex, hexToBytes as decodeHex } from '@noble/hashes/utils.js';
