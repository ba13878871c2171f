// Patterns for what differs from run to run: numbers, process ids, users' homes, a container's own paths.
import { escaped } from '../../policy/index.ts';

/** What stands in a pattern for a part of a text. */
export interface Generalised {
  text: string;
  pattern: string;
}

/** Makes the pattern of a path or name, and tells what it has replaced. */
export interface Generaliser {
  pattern: (text: string) => string;
  replaced: Generalised[];
}

/** A part of a text that is another one elsewhere: `find` matches it, after what is `before` it. */
interface Kind {
  find: RegExp;
  pattern: (found: string, declares: (variable: string) => boolean) => string;
}

/** In the order in which they are tried; what one has replaced, no later one looks into. */
const kinds: readonly Kind[] = [
  {
    // proc(5): a process's folder, and below it a thread's.
    find: /(?<=^\/proc\/)\d+(?=\/|$)/,
    pattern: (_, declares) => (declares('pid') ? '@{pid}' : '[0-9]*'),
  },
  {
    find: /(?<=^\/proc\/\d+\/task\/)\d+(?=\/|$)/,
    pattern: (_, declares) => (declares('tid') ? '@{tid}' : '[0-9]*'),
  },
  {
    find: /^\/home\/[^/]+(?=\/)/,
    pattern: (_, declares) => (declares('HOME') ? '@{HOME}' : '/home/*'),
  },
  // A layer or container of Docker, containerd, Podman or Kubernetes: a hash, or a UUID (RFC 9562).
  { find: /(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])/, pattern: () => '[0-9a-f]*' },
  {
    find: /(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])/i,
    pattern: () => '[0-9a-fA-F]*',
  },
  // The short names by which overlay2 links its layers.
  { find: /(?<=\/overlay2\/l\/)[0-9A-Z]{26}(?=\/|$)/, pattern: () => '*' },
  { find: /(?<![0-9A-Za-z])[0-9a-f]{32,63}(?![0-9A-Za-z])/, pattern: () => '[0-9a-f]*' },
  // Not the 2 of overlay2 nor the 64 of x86_64: those are names.
  { find: /(?<!\w)\d+(?![A-Za-z_])|(?<=[A-Za-z_])\d{3,}/, pattern: () => '[0-9]*' },
];

/** A generaliser for the rules of a profile that declares these variables. */
export function generaliser(declares: (variable: string) => boolean): Generaliser {
  const replaced: Generalised[] = [];
  // `kept` is what stands before a part: it decides what the part is.
  const pattern = (text: string, kept = '', from = 0): string => {
    const kind = kinds[from];
    if (!kind) return escaped(text);
    const found = new RegExp(kind.find.source, `${kind.find.flags}g`);
    const whole = kept + text;
    found.lastIndex = kept.length;
    const match = found.exec(whole);
    if (!match) return pattern(text, kept, from + 1);
    const [part] = match;
    const by = kind.pattern(part, declares);
    if (!replaced.some((one) => one.text === part && one.pattern === by)) {
      replaced.push({ text: part, pattern: by });
    }
    const end = match.index + part.length;
    const before = whole.slice(kept.length, match.index);
    return (
      pattern(before, kept, from + 1) + by + pattern(whole.slice(end), whole.slice(0, end), from)
    );
  };
  return { pattern: (text) => variableStart(pattern(text), declares), replaced };
}

/** `/proc/` as the tunables name it, where a pattern of processes starts with it. */
function variableStart(pattern: string, declares: (variable: string) => boolean): string {
  return declares('PROC') ? pattern.replace(/^\/proc\//, '@{PROC}/') : pattern;
}
