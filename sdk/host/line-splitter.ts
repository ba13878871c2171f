/** How long a line of a log may be, in characters: the kernel's own are far shorter. */
export const maxLine = 16 * 1024;

/** Puts lines together from the pieces in which they come, and leaves out those that are longer than any log line. */
export class LineSplitter {
  readonly #longest: number;
  readonly #decoder = new TextDecoder();
  readonly #marked: { mark: string; leftOut: () => void } | undefined;
  #rest = '';
  #tooLong = false;
  #hasMark = false;

  /** `marked.leftOut` is called for each line that is left out although it has the mark in it. */
  constructor(marked?: { mark: string; leftOut: () => void }, longest = maxLine) {
    this.#marked = marked;
    this.#longest = longest;
  }

  /** The lines that end in this piece, without their ends. */
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

  /** The last line, where its end is missing; from here on the next one is put together. */
  end(): string[] {
    const line = this.#rest.replace(/\r$/, '');
    const whole = !this.#tooLong;
    if (this.#hasMark) this.#marked?.leftOut();
    this.#rest = '';
    this.#tooLong = false;
    this.#hasMark = false;
    return whole ? [line] : [];
  }

  /** Looks at what is left out; what the mark may begin in stays. */
  #passed(text: string): string {
    const { mark } = this.#marked ?? {};
    if (mark === undefined) return '';
    this.#hasMark ||= text.includes(mark);
    return text.slice(1 - mark.length);
  }
}
