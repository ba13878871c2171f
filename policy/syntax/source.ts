// Positions in a text. The tree stores plain offsets; lines and columns are worked out only for what is reported.

/** A place in a text: `offset` in UTF-16 units from 0; `line` and `column` from 1, the column in code points. */
export interface Position {
  offset: number;
  line: number;
  column: number;
}

/** From `start` up to, not including, `end`. */
export interface Span {
  start: Position;
  end: Position;
}

/** A range of a text as offsets. */
export interface Range {
  start: number;
  end: number;
}

/** Finds lines and columns in one text. */
export class LineTable {
  readonly #text: string;
  #starts: number[] | undefined;
  /** Lines in which columns were counted, by where they start. */
  readonly #counted = new Map<number, Uint32Array | undefined>();

  constructor(text: string) {
    this.#text = text;
  }

  #lines(): number[] {
    if (this.#starts) return this.#starts;
    const starts = [0];
    for (let at = this.#text.indexOf('\n'); at >= 0; at = this.#text.indexOf('\n', at + 1)) {
      starts.push(at + 1);
    }
    this.#starts = starts;
    return starts;
  }

  /** The position of an offset; offsets outside the text are moved to its nearest end. */
  position(offset: number): Position {
    const starts = this.#lines();
    const at = Math.max(0, Math.min(offset, this.#text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= at) low = middle;
      else high = middle - 1;
    }
    const start = starts[low] as number;
    return { offset: at, line: low + 1, column: this.#column(start, starts[low + 1], at) };
  }

  /** Columns count code points. Lines without surrogate pairs need no counting. */
  #column(start: number, next: number | undefined, at: number): number {
    if (!this.#counted.has(start)) {
      const line = this.#text.slice(start, next);
      let columns: Uint32Array | undefined;
      if (/[\ud800-\udfff]/.test(line)) {
        columns = new Uint32Array(line.length + 1);
        let column = 1;
        for (let i = 0; i < line.length; i++) {
          columns[i] = column;
          const low = line.charCodeAt(i + 1);
          const high = line.charCodeAt(i);
          const paired = high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
          if (!paired) column++;
        }
        columns[line.length] = column;
      }
      this.#counted.set(start, columns);
    }
    return this.#counted.get(start)?.[at - start] ?? at - start + 1;
  }

  span(range: Range): Span {
    return {
      start: this.position(range.start),
      end: this.position(Math.max(range.start, range.end)),
    };
  }

  /** The text of a line (from 1), without its line end. */
  line(line: number): string {
    const starts = this.#lines();
    const start = starts[line - 1];
    if (start === undefined) return '';
    const end = starts[line];
    const text = this.#text.slice(start, end === undefined ? this.#text.length : end - 1);
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }
}
