// Generalises parts that differ from run to run: numbers, process ids, random names, users' homes, containers' own
// paths.
import { escaped } from '../../policy/index.ts';

/** A pattern for a part of a text. */
export interface Generalised {
  text: string;
  pattern: string;
}

/** Makes the pattern of a path or name, and returns the replacements. */
export interface Generaliser {
  pattern: (text: string) => string;
  replaced: Generalised[];
}

/** A variable part of a text: `find` matches it, after `before`. */
interface Kind {
  find: RegExp;
  /** Whether a match counts; `segment` is the path segment that contains it. */
  only?: (found: string, segment: string) => boolean;
  pattern: (found: string, declares: (variable: string) => boolean) => string;
}

/** In the order in which they are tried; a replaced part is not matched again. */
const kinds: readonly Kind[] = [
  {
    // proc(5): a process's folder, and below it a thread's.
    find: /(?<=^\/proc\/)\d+(?=\/|$)/,
    pattern: () => '@{pid}',
  },
  {
    find: /(?<=^\/proc\/\d+\/task\/)\d+(?=\/|$)/,
    pattern: () => '@{tid}',
  },
  {
    find: /^\/home\/[^/]+(?=\/)/,
    pattern: (_, declares) => (declares('HOME') ? '@{HOME}' : '/home/*'),
  },
  // A layer or container of Docker, containerd, Podman or Kubernetes: a hash, or a UUID (RFC 9562).
  {
    find: /(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])/,
    pattern: () => hexadecimalName('[0-9a-f]'),
  },
  {
    find: /(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])/i,
    pattern: (found) => found.replace(/[0-9a-f]/gi, hexadecimalClass(found)),
  },
  // The short names of overlay2's links to its layers.
  { find: /(?<=\/overlay2\/l\/)[0-9A-Z]{26}(?=\/|$)/, pattern: () => '*' },
  {
    find: /(?<![0-9A-Za-z])[0-9a-f]{32,63}(?![0-9A-Za-z])/,
    pattern: () => hexadecimalName('[0-9a-f]'),
  },
  // A hexadecimal word with a digit and a letter, such as the short id of a container.
  {
    find: hexadecimal('0-9a-f'),
    only: (_, segment) => !algorithm.test(segment),
    pattern: () => hexadecimalName('[0-9a-f]'),
  },
  {
    find: hexadecimal('0-9A-F'),
    only: (_, segment) => !algorithm.test(segment),
    pattern: () => hexadecimalName('[0-9A-F]'),
  },
  // Names from Python's tempfile.mkstemp, and what mktemp(1) and mkstemp(3) replace X with.
  {
    find: /(?<=^(?:\/[^/]+)*\/tmp)(?=[a-z0-9_]*[0-9_])[a-z0-9_]{8}(?=$|[/.])/,
    pattern: () => '*',
  },
  {
    find: /(?<=^(?:\/tmp|\/var\/tmp|\/dev\/shm|\/run)\/.*[^0-9A-Za-z/])[0-9A-Za-z]{6,}(?![0-9A-Za-z])/,
    only: isRandom,
    pattern: () => '*',
  },
  // A number that is a whole word, or the end of one after its name; not the 2 of overlay2 nor the 64 of x86_64.
  {
    only: (_, segment) => !isFixedNumber.test(segment) && !algorithm.test(segment),
    find: /(?<!\w)\d+(?![0-9A-Za-z_])|(?<=(?<![0-9A-Za-z])[A-Za-z]+)\d{3,}(?![0-9A-Za-z])|(?<=_)\d{3,}(?![0-9A-Za-z_])/,
    pattern: () => '[0-9]*',
  },
];

/** A version such as 1.2.3, an IPv4 address, or digits separated by colons as in PCI and MAC addresses. */
const isFixedNumber =
  /[0-9]\.[0-9]|(?<![0-9a-f])(?:[0-9a-f]{2}|[0-9a-f]{4}):[0-9a-f]{2}(?![0-9a-f])/i;

/** The name of an algorithm or encoding, such as the ed25519 of `~/.ssh/id_ed25519`: its digits never vary. */
const algorithm =
  /(?<![0-9a-z])(?:ed25519|ed448|x448|(?:x|curve)25519|x509|sha(?:1|2|3|224|256|384|512)|aes(?:128|192|256)|ripemd160|blake2[bs]|utf(?:8|16|32)|base(?:32|64)|iso8859)(?![0-9a-z])/i;

/** At least six digits: a single one would match every name that begins with a letter from a to f. */
function hexadecimalName(digit: string): string {
  return `${digit.repeat(6)}*`;
}

/** The digits of a hexadecimal number, in the case it is written in. */
function hexadecimalClass(text: string): string {
  if (!/[A-F]/.test(text)) return '[0-9a-f]';
  return /[a-f]/.test(text) ? '[0-9a-fA-F]' : '[0-9A-F]';
}

/** A whole word of at least six of these digits, with at least one letter and one non-letter. */
function hexadecimal(digits: string): RegExp {
  const letters = digits.slice(3);
  return new RegExp(
    `(?<![0-9A-Za-z])(?=[0-9]*[${letters}])(?=[${letters}]*[0-9])[${digits}]{6,}(?![0-9A-Za-z])`,
  );
}

/** Whether a word looks random: not words or numbers in sequence, such as `ModemManager` or `sha256`. */
function isRandom(word: string): boolean {
  if (/^\d+$/.test(word)) return false;
  return !/^(?:(?:[A-Z]?[a-z]{2,}|[A-Z]+)+\d*|\d+[a-z]+|\d+[A-Z]+)$/.test(word);
}

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
    let match = found.exec(whole);
    while (match && kind.only?.(match[0], segmentAt(whole, match.index)) === false) {
      match = found.exec(whole);
    }
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
  return { pattern: (text) => procStart(pattern(text)), replaced };
}

/** The path segment at a position. */
function segmentAt(path: string, at: number): string {
  const end = path.indexOf('/', at);
  return path.slice(path.lastIndexOf('/', at) + 1, end < 0 ? path.length : end);
}

/** Writes a leading `/proc/` as the tunables name it. */
export function procStart(pattern: string): string {
  return pattern.replace(/^\/proc\//, '@{PROC}/');
}

/** The tunables that declare `@{PROC}`, `@{pid}` and `@{tid}`, as a statement of the preamble. */
export const tunables = 'include <tunables/global>';
