/** The maximum size of an entry, in bytes: bundles store the length as a uint16. */
export const maxEntryBytes = 0xffff;

/**
 * Encodes an entry bundle: each entry preceded by its length as a big-endian uint16 (tlog-tiles, "Log entries"). Throws if
 * an entry is too long.
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bundle = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0));
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > maxEntryBytes) {
      throw new RangeError(`an entry of ${entry.length} bytes is longer than ${maxEntryBytes}`);
    }
    view.setUint16(at, entry.length);
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

/** Decodes an entry bundle; `undefined` unless it contains exactly `width` entries. */
export function decodeEntryBundle(
  bundle: Uint8Array,
  width: number,
): Uint8Array<ArrayBuffer>[] | undefined {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  while (at < bundle.length) {
    const start = at + 2;
    if (start > bundle.length || entries.length === width) return undefined;
    at = start + view.getUint16(at);
    if (at > bundle.length) return undefined;
    entries.push(Uint8Array.from(bundle.subarray(start, at)));
  }
  return entries.length === width ? entries : undefined;
}
