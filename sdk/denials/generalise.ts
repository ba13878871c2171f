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
  /** A text that stands for all that have the same pattern. */
  sample: (found: string) => string;
}

/** In the order in which they are tried; a replaced part is not matched again. */
const kinds: readonly Kind[] = [
  {
    // proc(5): a process's folder, and below it a thread's.
    find: /(?<=^\/proc\/)\d+(?=\/|$)/,
    pattern: () => '@{pid}',
    sample: () => '1',
  },
  {
    find: /(?<=^\/proc\/\d+\/task\/)\d+(?=\/|$)/,
    pattern: () => '@{tid}',
    sample: () => '1',
  },
  {
    find: /^\/home\/[^/]+(?=\/)/,
    pattern: (_, declares) => (declares('HOME') ? '@{HOME}' : '/home/*'),
    sample: () => '/home/user',
  },
  // A layer or container of Docker, containerd, Podman or Kubernetes: a hash, or a UUID (RFC 9562).
  {
    find: /(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])/,
    pattern: () => hexadecimalName('[0-9a-f]'),
    sample: () => '0a'.repeat(32),
  },
  {
    find: /(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])/i,
    pattern: (found) => found.replace(/[0-9a-f]/gi, hexadecimalClass(found)),
    sample: (found) => uuidSamples[hexadecimalClass(found)] ?? found,
  },
  // The short names of overlay2's links to its layers.
  {
    find: /(?<=\/overlay2\/l\/)[0-9A-Z]{26}(?=\/|$)/,
    pattern: () => '*',
    sample: () => '0A'.repeat(13),
  },
  {
    find: /(?<![0-9A-Za-z])[0-9a-f]{32,63}(?![0-9A-Za-z])/,
    pattern: () => hexadecimalName('[0-9a-f]'),
    sample: () => '0a'.repeat(16),
  },
  // A hexadecimal word with a digit and a letter, such as the short id of a container.
  {
    find: hexadecimal('0-9a-f'),
    only: (_, segment) => !algorithm.test(segment),
    pattern: () => hexadecimalName('[0-9a-f]'),
    sample: () => '0a0a0a',
  },
  {
    find: hexadecimal('0-9A-F'),
    only: (_, segment) => !algorithm.test(segment),
    pattern: () => hexadecimalName('[0-9A-F]'),
    sample: () => '0A0A0A',
  },
  // Names from Python's tempfile.mkstemp, and what mktemp(1) and mkstemp(3) replace X with.
  {
    find: /(?<=^(?:\/[^/]+)*\/tmp)(?=[a-z0-9_]*[0-9_])[a-z0-9_]{8}(?=$|[/.])/,
    pattern: () => '*',
    sample: () => 'x0x0x0x0',
  },
  {
    find: /(?<=^(?:\/tmp|\/var\/tmp|\/dev\/shm|\/run)\/.*[^0-9A-Za-z/])[0-9A-Za-z]{6,}(?![0-9A-Za-z])/,
    only: isRandom,
    pattern: () => '*',
    sample: () => 'xX0xX0',
  },
  // A number that is a whole word, or the end of one after its name; not the 2 of overlay2 nor the 64 of x86_64.
  {
    only: (_, segment) => !isFixedNumber.test(segment) && !algorithm.test(segment),
    find: /(?<!\w)\d+(?![0-9A-Za-z_])|(?<=(?<![0-9A-Za-z])[A-Za-z]+)\d{3,}(?![0-9A-Za-z])|(?<=_)\d{3,}(?![0-9A-Za-z_])/,
    pattern: () => '[0-9]*',
    sample: () => '000',
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

/** A UUID of each class of digits, with both cases where they are mixed. */
const uuidSamples: Readonly<Record<string, string>> = {
  '[0-9a-f]': '0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a',
  '[0-9A-F]': '0A0A0A0A-0A0A-0A0A-0A0A-0A0A0A0A0A0A',
  '[0-9a-fA-F]': '0A0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a',
};

/** What replaces the variable parts of a text, and the parts between them. */
interface Rewriting {
  part: (found: string, kind: Kind) => string;
  plain: (text: string) => string;
}

/** Rewrites a text. `kept` is what stands before it: it decides what a part is. */
function rewrite(text: string, to: Rewriting, kept = '', from = 0): string {
  const kind = kinds[from];
  if (!kind) return to.plain(text);
  const found = new RegExp(kind.find.source, `${kind.find.flags}g`);
  const whole = kept + text;
  found.lastIndex = kept.length;
  let match = found.exec(whole);
  while (match && kind.only?.(match[0], segmentAt(whole, match.index)) === false) {
    match = found.exec(whole);
  }
  if (!match) return rewrite(text, to, kept, from + 1);
  const [part] = match;
  const by = to.part(part, kind);
  const end = match.index + part.length;
  const before = whole.slice(kept.length, match.index);
  return (
    rewrite(before, to, kept, from + 1) +
    by +
    rewrite(whole.slice(end), to, whole.slice(0, end), from)
  );
}

/** A generaliser for the rules of a profile that declares these variables. */
export function generaliser(declares: (variable: string) => boolean): Generaliser {
  const replaced: Generalised[] = [];
  const part = (text: string, kind: Kind) => {
    const pattern = kind.pattern(text, declares);
    if (!replaced.some((one) => one.text === text && one.pattern === pattern)) {
      replaced.push({ text, pattern });
    }
    return pattern;
  };
  const pattern = (text: string) => procStart(rewrite(text, { part, plain: escaped }));
  return { pattern, replaced };
}

/**
 * A path or name whose variable parts are replaced by samples, the same for all of a kind: it has the same pattern, and
 * says no process id, no user, no random name and no container.
 */
export function sampleOf(text: string): string {
  return rewrite(text, { part: (found, { sample }) => sample(found), plain: (plain) => plain });
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
