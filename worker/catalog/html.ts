import { revealHidden } from './hidden-characters.ts';

/** The HTML document of a rendered page, with hidden characters spelt out. */
export function toHtml(content: unknown): string {
  return `<!doctype html>${revealHidden(String(content))}`;
}
