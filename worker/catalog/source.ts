import type { StoredDiagnostic } from '../../db/schema.ts';
import { lineAt, spell } from '../../policy/index.ts';
import { revealHidden } from './hidden-characters.ts';
import { includedBy } from './unfold.ts';

/** Limits of the part of a profile's text that its page shows. */
export const sourceLimits = {
  lines: 5_000,
  /** Bytes of HTML, in UTF-8. */
  html: 320 * 1024,
  /** Characters of a file that is shown below its include. */
  included: 16 * 1024,
} as const;

/** A profile's rendered text. */
export interface Source {
  html: string;
  /** The number of lines that are not shown. */
  omitted: number;
}

/**
 * Renders a profile's text as HTML. Each line has an anchor (`#L12`) and the class of its highest lint severity, and is
 * followed by its diagnostics; the style sheet adds line numbers. The result is one string, since an object per line would take five hundred times the memory.
 *
 * @param unfolded the texts of files that are shown, folded, below the lines that include them; their includes are not
 */
export function renderSource(
  text: string,
  diagnostics: readonly Pick<StoredDiagnostic, 'line' | 'severity' | 'id' | 'message'>[],
  unfolded?: ReadonlyMap<string, string>,
): Source {
  const trimmed = text.replace(/\r?\n$/, '');
  const byLine = Map.groupBy(diagnostics, ({ line }) => line);
  const shown: string[] = [];
  let remaining: number = sourceLimits.html;
  for (const line of trimmed.split(/\r?\n/, sourceLimits.lines)) {
    const number = shown.length + 1;
    const found = byLine.get(number) ?? [];
    const severity = severities.find((one) => found.some((its) => its.severity === one));
    const kind = severity === undefined ? '' : ` class="${severity}"`;
    const notes = found.map(
      ({ id, severity, message }) =>
        `<a class="finding ${severity}" href="/explain/${id}">${escapeText(message)}</a>`,
    );
    const inner = /^\s*#(?!\s*include)/.test(line)
      ? `<span class="comment">${escapeText(line)}</span>`
      : escapeText(line);
    const below = unfolded ? renderIncluded(line, unfolded) : '';
    // Done here, so that the added characters count.
    const html = revealHidden(
      `<span id="L${number}"${kind}>${inner}</span>${notes.join('')}${below}`,
    );
    const { read, written } = encoder.encodeInto(html, room);
    remaining -= written;
    if (read < html.length || remaining < 0) break;
    shown.push(html);
  }
  return { html: shown.join(''), omitted: lineAt(trimmed, trimmed.length) - shown.length };
}

/** The file that a line includes, folded; '' for a line that includes none of the files. */
function renderIncluded(line: string, files: ReadonlyMap<string, string>): string {
  const path = includedBy(line);
  const text = path === undefined ? undefined : files.get(path);
  if (path === undefined || text === undefined) return '';
  const shown = text.slice(0, sourceLimits.included);
  const end = shown.length < text.length ? '\n…' : '';
  return `<details class="included"><summary>${escapeText(path)}</summary><span>${escapeText(shown)}${end}</span></details>`;
}

/** The highest first. */
const severities = ['error', 'warning', 'info'] as const;

const encoder = new TextEncoder();

/** Where lines are encoded to count their bytes: all of them, since to allocate it takes longer. */
const room = new Uint8Array(sourceLimits.html);

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Escapes text between tags. */
export function escapeText(text: string): string {
  // Marks spaces that AppArmor does not treat as such; hidden-characters.ts marks invisible characters.
  return text
    .replaceAll(/[&<>]/g, (character) => escapes[character] ?? '')
    .replaceAll(/(?! )\p{Zs}/gu, (blank) => `<span class="unseen">${spell(blank)}</span>`);
}
