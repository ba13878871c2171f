import { createHash } from 'node:crypto';
import { compile } from './parser.ts';

/** How each profile begins in what apparmor_parser compiles: the tag of a name, the name, the tag of 32 bits. */
const header = Buffer.from('\x04\x08\x00version\x00\x02', 'latin1');

/**
 * The hashes by which the kernel would list the profiles of a compiled file, sorted: over each one's version and
 * what follows it (aa_calc_profile_hash in the kernel's security/apparmor/crypto.c).
 */
export function kernelHashes(compiled: Buffer, algorithm: string): string[] {
  const hashes: string[] = [];
  for (let at = compiled.indexOf(header); at >= 0; ) {
    const start = at + header.length;
    const next = compiled.indexOf(header, start);
    const profile = compiled.subarray(start, next < 0 ? undefined : next);
    hashes.push(`${algorithm}:${createHash(algorithm).update(profile).digest('hex')}`);
    at = next;
  }
  return hashes.sort();
}

/**
 * Whether the kernel has what a file compiles to now. Unlike what was recorded when it was loaded, this stays
 * true after another kernel was booted or a file that the profile includes was changed and loaded.
 */
export async function isCompiledFrom(
  parser: string,
  file: string,
  hashes: readonly string[],
  options: { complain: boolean },
): Promise<boolean> {
  const [algorithm] = hashes[0]?.split(':') ?? [];
  if (algorithm === undefined) return false;
  const compiled = await compile(parser, file, options);
  if (!compiled.ok) return false;
  return kernelHashes(compiled.output, algorithm).join() === [...hashes].sort().join();
}
