import type { LineDiff } from '../analysis/line-diff.ts';
import { revealHidden } from './hidden-characters.ts';
import { escapeText } from './source.ts';

type Hunk = Extract<LineDiff, { known: true }>['hunks'][number];

/** The maximum size of rendered differences, in characters. */
const maxHtml = 320 * 1024;

/** Rendered differences. */
export interface RenderedLines {
  html: string;
  /** The number of lines that are not shown. */
  omitted: number;
}

/** Renders changed parts of a text as HTML, a part after the other; as one string, for the reason that `renderSource` gives. */
export function renderLines(hunks: readonly Hunk[]): RenderedLines {
  const shown: string[] = [];
  let length = 0;
  let omitted = 0;
  for (const hunk of hunks) {
    const { oldStart, oldLines, newStart, newLines, lines } = hunk;
    const place = `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`;
    for (const html of [`<span class="hunk">${place}</span>`, ...lines.map(renderLine)]) {
      length += html.length;
      if (length > maxHtml) omitted++;
      else shown.push(html);
    }
  }
  return { html: shown.join(''), omitted };
}

const elements: Readonly<Record<string, string>> = { '+': 'ins', '-': 'del' };

function renderLine(line: string): string {
  const element = elements[line.slice(0, 1)] ?? 'span';
  return revealHidden(`<${element}>${escapeText(line)}</${element}>`);
}
