/** The maximum length of a log line, in characters: the kernel's own are far shorter. */
export const maxLine = 16 * 1024;

/** Joins chunks into lines, and drops those that exceed the maximum length. */
export class LineSplitter {
  readonly #longest: number;
  readonly #decoder = new TextDecoder();
  readonly #marked: { mark: string; leftOut: () => void } | undefined;
  #rest = '';
  #tooLong = false;
  #hasMark = false;

  /** `marked.leftOut` is called for each dropped line that contains the mark. */
  constructor(marked?: { mark: string; leftOut: () => void }, longest = maxLine) {
    this.#marked = marked;
    this.#longest = longest;
  }

  /** The lines that end in this chunk, without line terminators. */
  push(piece: Uint8Array): string[] {
    const parts = this.#decoder.decode(piece, { stream: true }).split('\n');
    const lines: string[] = [];
    for (const [at, part] of parts.entries()) {
      if (this.#rest.length + part.length > this.#longest) this.#tooLong = true;
      this.#rest = this.#tooLong ? this.#passed(this.#rest + part) : this.#rest + part;
      if (at < parts.length - 1) lines.push(...this.end());
    }
    return lines;
  }

  /** The last line if it is unterminated; then starts a new one. */
  end(): string[] {
    const line = this.#rest.replace(/\r$/, '');
    const whole = !this.#tooLong;
    if (this.#hasMark) this.#marked?.leftOut();
    this.#rest = '';
    this.#tooLong = false;
    this.#hasMark = false;
    return whole ? [line] : [];
  }

  /** Searches dropped text for the mark, keeping a possible partial match. */
  #passed(text: string): string {
    const { mark } = this.#marked ?? {};
    if (mark === undefined) return '';
    this.#hasMark ||= text.includes(mark);
    return text.slice(1 - mark.length);
  }
}
