import type { StoredDiagnostic } from '../../db/schema.ts';
import { spell } from '../../policy/index.ts';
import { withUnseenShown } from './unseen.ts';

/** How much of a profile's text its page shows. */
export const sourceLimits = {
  lines: 5_000,
  /** Bytes of HTML, in UTF-8. */
  html: 320 * 1024,
} as const;

/** A profile's text as the lines of a page. */
export interface Source {
  html: string;
  /** How many lines are not shown. */
  omitted: number;
}

/**
 * A profile's text as HTML, with lines to link to (`#L12`) that carry the severity of what lint says of them; the style
 * sheet numbers them. One string: an object for each line would be five hundred times as large.
 */
export function renderSource(
  text: string,
  diagnostics: Pick<StoredDiagnostic, 'line' | 'severity'>[],
): Source {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const severities = new Map<number, string>();
  for (const { line, severity } of diagnostics) {
    if (severities.get(line) !== 'error') severities.set(line, severity);
  }
  const shown: string[] = [];
  let left: number = sourceLimits.html;
  for (const line of lines.slice(0, sourceLimits.lines)) {
    const number = shown.length + 1;
    const severity = severities.get(number);
    const kind = severity === undefined ? '' : ` class="${severity}"`;
    const inner = /^\s*#(?!\s*include)/.test(line)
      ? `<span class="comment">${escapeText(line)}</span>`
      : escapeText(line);
    // Here, so that what it takes to spell them counts.
    const html = withUnseenShown(`<span id="L${number}"${kind}>${inner}</span>`);
    left -= encoder.encode(html).length;
    if (left < 0) break;
    shown.push(html);
  }
  return { html: shown.join(''), omitted: lines.length - shown.length };
}

const encoder = new TextEncoder();

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text between tags. */
function escapeText(text: string): string {
  // A blank that is none to AppArmor; what is not seen at all, the page marks (see unseen.ts).
  return text
    .replaceAll(/[&<>]/g, (character) => escapes[character] ?? '')
    .replaceAll(/(?! )\p{Zs}/gu, (blank) => `<span class="unseen">${spell(blank)}</span>`);
}
