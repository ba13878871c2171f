// The words for permissions of file rules (apparmor.d(5), "Access Modes"), which are also what tells a file rule from others.

export interface ExecTransition {
  /** `i`nherit, `u`nconfined, `p`rofile, `c`hild; `x` is the bare x of a deny rule. */
  mode: 'i' | 'u' | 'p' | 'c' | 'x';
  fallback?: 'i' | 'u';
  /** The environment is scrubbed (upper case letter, or `safe`). */
  safe: boolean;
}

/** What each letter permits; apparmor_parser takes some in upper case too. */
export const simple: Readonly<
  Record<string, 'read' | 'write' | 'append' | 'link' | 'lock' | 'mmap'>
> = {
  r: 'read',
  R: 'read',
  w: 'write',
  W: 'write',
  a: 'append',
  l: 'link',
  L: 'link',
  k: 'lock',
  m: 'mmap',
  M: 'mmap',
};

/** Reads one exec transition at `at`; returns it and where it ends. */
export function execAt(
  text: string,
  at: number,
): { exec: ExecTransition; end: number } | undefined {
  const isX = (i: number) => text[i] === 'x' || text[i] === 'X';
  const first = text[at] ?? '';
  const mode = first.toLowerCase();
  const safe = first !== mode;
  if (mode === 'x') return { exec: { mode: 'x', safe: false }, end: at + 1 };
  // Inheriting changes no privileges, so there is nothing to scrub.
  if (mode === 'i' && isX(at + 1)) return { exec: { mode, safe: true }, end: at + 2 };
  if (mode === 'u' && isX(at + 1)) return { exec: { mode, safe }, end: at + 2 };
  if (mode !== 'p' && mode !== 'c') return undefined;
  if (isX(at + 1)) return { exec: { mode, safe }, end: at + 2 };
  const fallback = text[at + 1]?.toLowerCase();
  if ((fallback === 'i' || fallback === 'u') && isX(at + 2))
    return { exec: { mode, fallback, safe }, end: at + 3 };
  return undefined;
}

/** True when a word consists of access modes only. */
export function isMode(text: string): boolean {
  let at = 0;
  while (at < text.length) {
    if (simple[text[at] as string]) at++;
    else {
      const exec = execAt(text, at);
      if (!exec) return false;
      at = exec.end;
    }
  }
  return at > 0;
}
