import type { StoredDiagnostic } from '../../db/schema.ts';
import { lineAt, spell } from '../../policy/index.ts';
import { revealHidden } from './hidden-characters.ts';

/** Limits of the part of a profile's text that its page shows. */
export const sourceLimits = {
  lines: 5_000,
  /** Bytes of HTML, in UTF-8. */
  html: 320 * 1024,
} as const;

/** A profile's rendered text. */
export interface Source {
  html: string;
  /** The number of lines that are not shown. */
  omitted: number;
}

/**
 * Renders a profile's text as HTML. Each line has an anchor (`#L12`) and the class of its highest lint severity; the style
 * sheet adds line numbers. The result is one string, since an object per line would take five hundred times the memory.
 */
export function renderSource(
  text: string,
  diagnostics: Pick<StoredDiagnostic, 'line' | 'severity'>[],
): Source {
  const trimmed = text.replace(/\r?\n$/, '');
  const severities = new Map<number, string>();
  for (const { line, severity } of diagnostics) {
    if (severities.get(line) !== 'error') severities.set(line, severity);
  }
  const shown: string[] = [];
  let remaining: number = sourceLimits.html;
  const room = new Uint8Array(remaining);
  for (const line of trimmed.split(/\r?\n/, sourceLimits.lines)) {
    const number = shown.length + 1;
    const severity = severities.get(number);
    const kind = severity === undefined ? '' : ` class="${severity}"`;
    const inner = /^\s*#(?!\s*include)/.test(line)
      ? `<span class="comment">${escapeText(line)}</span>`
      : escapeText(line);
    // Done here, so that the added characters count.
    const html = revealHidden(`<span id="L${number}"${kind}>${inner}</span>`);
    const { read, written } = encoder.encodeInto(html, room);
    remaining -= written;
    if (read < html.length || remaining < 0) break;
    shown.push(html);
  }
  return { html: shown.join(''), omitted: lineAt(trimmed, trimmed.length) - shown.length };
}

const encoder = new TextEncoder();

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Escapes text between tags. */
function escapeText(text: string): string {
  // Marks spaces that AppArmor does not treat as such; hidden-characters.ts marks invisible characters.
  return text
    .replaceAll(/[&<>]/g, (character) => escapes[character] ?? '')
    .replaceAll(/(?! )\p{Zs}/gu, (blank) => `<span class="unseen">${spell(blank)}</span>`);
}
