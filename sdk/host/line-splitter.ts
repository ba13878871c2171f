/** Puts lines together from the pieces in which they come, and leaves out those that are longer than any log line. */
export class LineSplitter {
  readonly #longest: number;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #tooLong = false;

  constructor(longest = 16 * 1024) {
    this.#longest = longest;
  }

  /** The lines that end in this piece, without their ends. */
  push(piece: Uint8Array): string[] {
    const parts = this.#decoder.decode(piece, { stream: true }).split('\n');
    const lines: string[] = [];
    for (const [at, part] of parts.entries()) {
      if (this.#rest.length + part.length > this.#longest) this.#tooLong = true;
      this.#rest = this.#tooLong ? '' : this.#rest + part;
      if (at < parts.length - 1) lines.push(...this.end());
    }
    return lines;
  }

  /** The last line, where its end is missing; from here on the next one is put together. */
  end(): string[] {
    const line = this.#rest.replace(/\r$/, '');
    const whole = !this.#tooLong;
    this.#rest = '';
    this.#tooLong = false;
    return whole ? [line] : [];
  }
}
