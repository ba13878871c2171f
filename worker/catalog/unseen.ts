// What a page shows of characters that are not seen: somebody else's text stands on every page of the catalog.
import { replaceHidden, visible } from '../../policy/index.ts';

/**
 * A page with the characters of what it shows spelt out that are invisible or turn text around (see policy/visible.ts):
 * marked in its text; as they are spelt where no mark can be, in attributes, titles and options. What a reader has
 * typed into a field stays as it is. The HTML is that of a renderer, so a `<` or `>` in somebody's text is escaped.
 */
export function withUnseenShown(html: string): string {
  let plain = false;
  return html.replace(/<[^>]*>|[^<]+/g, (piece) => {
    if (!piece.startsWith('<')) return plain ? visible(piece) : marked(piece);
    const [, end, name] = /^<(\/?)([a-z]+)/.exec(piece) ?? [];
    if (name === 'title' || name === 'option' || name === 'textarea') plain = end === '';
    return name === 'input' ? piece : visible(piece);
  });
}

function marked(text: string): string {
  return replaceHidden(text, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `<span class="unseen">${visible(character)}</span>`,
  );
}
