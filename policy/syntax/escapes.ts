// The escapes of words, as apparmor_parser replaces them when it reads a word.

const letters: Readonly<Record<string, string>> = {
  ...{ '\\': '\\', '"': '"', a: '\x07', e: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t' },
};

/** Characters that stay escaped, since they mean something in a pattern. */
const globbing = '*?[]{}^,\\';

/** A word with its escapes replaced; those that stand for nothing, for NUL or for a character of patterns stay. */
export function unescaped(word: string): string {
  return replaceEscapes(word, () => true);
}

/**
 * A word with the escapes of printable ASCII characters replaced. Other escapes stay as they are and are handled when the
 * word is parsed as a pattern: control characters would garble messages, and several bytes from 0x80 on form a character.
 */
export function readable(word: string): string {
  return replaceEscapes(word, (code) => code >= 32 && code < 127);
}

/** A word as written, without its opening quote: what it starts with decides how it is read, before its escapes are. */
export function writtenStart({ text, quoted }: { text: string; quoted: boolean }): string {
  return quoted ? text.slice(1) : text;
}

function replaceEscapes(word: string, replaces: (code: number) => boolean): string {
  if (!word.includes('\\')) return word;
  return word.replace(
    /\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|d([0-9]{1,3})|([\\"aefnrt]))/g,
    (whole, octal?: string, hex?: string, decimal?: string, letter?: string) => {
      if (letter !== undefined) {
        const character = letters[letter] as string;
        return replaces(character.charCodeAt(0)) ? literal(character) : whole;
      }
      const [digits, base] =
        octal !== undefined
          ? ([octal, 8] as const)
          : hex !== undefined
            ? ([hex, 16] as const)
            : ([decimal as string, 10] as const);
      // A digit that would make it more than a byte is a character of its own.
      const length = Number.parseInt(digits, base) > 255 ? digits.length - 1 : digits.length;
      const code = Number.parseInt(digits.slice(0, length), base);
      return code === 0 || !replaces(code)
        ? whole
        : literal(String.fromCharCode(code)) + digits.slice(length);
    },
  );
}

function literal(character: string): string {
  return globbing.includes(character) ? `\\${character}` : character;
}
