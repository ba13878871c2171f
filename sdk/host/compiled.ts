import { createHash } from 'node:crypto';
import { compile } from './parser.ts';

/** How a profile begins in compiled policy: the tag of a name, the name, the tag of 32 bits. */
const header = Buffer.from('\x04\x08\x00version\x00\x02', 'latin1');

/**
 * The sorted hashes that the kernel would list for the profiles of a compiled file: over each one's version and the
 * following data (aa_calc_profile_hash in the kernel's security/apparmor/crypto.c).
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
 * Whether the kernel has the current compilation of a file. Unlike hashes recorded at load time, this remains valid
 * after booting another kernel and after an included file changed and was loaded.
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
