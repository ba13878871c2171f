import MarkdownIt, {
  type Env,
  type Renderer,
  type StateBlock,
  type StateInline,
  type Token,
} from 'markdown-it';

/** What a README may cost. A common one of the greatest length needs a tenth of each. */
export const readmeLimits = {
  /** UTF-16 units of Markdown. */
  length: 64 * 1024,
  /** How often the parser may try to read something, in the text's lines and in the lines' text. */
  steps: 250_000,
  /** How many pieces it may be in: paragraphs, words between marks, cells, their ends. */
  tokens: 50_000,
  /** How many elements may be inside each other. */
  nesting: 50,
  /** Bytes of HTML, in UTF-8. */
  html: 256 * 1024,
} as const;

/** A README as HTML, or what it has too much of. */
export type RenderedReadme = { ok: true; html: string } | { ok: false; reason: string };

class OverLimit extends Error {}

/**
 * Renders a README: CommonMark with GitHub's tables, struck-out text, task lists and plain addresses. It is somebody's
 * text in everybody's browser: HTML in it is text, links go to https, http, mailto and the page's own site only, and
 * images are links, so that nothing is loaded from elsewhere. What it costs is bounded by {@link readmeLimits}; over
 * one of them there is no HTML, but the reason.
 */
export function renderReadme(markdown: string): RenderedReadme {
  if (markdown.length > readmeLimits.length) {
    const reason = `it has more than ${readmeLimits.length} characters`;
    return { ok: false, reason };
  }
  const budget: Budget = { steps: 0, tokens: 0 };
  const env: Env = { budget };
  try {
    return { ok: true, html: write(parser.parse(markdown, env), env) };
  } catch (error) {
    if (error instanceof OverLimit) return { ok: false, reason: error.message };
    throw error;
  }
}

interface Budget {
  steps: number;
  tokens: number;
}

/** Takes one of something from the budget. */
function spend({ env }: StateBlock | StateInline, what: keyof Budget): void {
  const budget = env.budget as Budget;
  if (++budget[what] <= readmeLimits[what]) return;
  throw new OverLimit(
    what === 'steps'
      ? 'its markup is too complex'
      : `it has more than ${readmeLimits.tokens} elements`,
  );
}

function createParser() {
  // Its own limit drops what is nested deeper without a word; ours comes first.
  const markdown = new MarkdownIt({ html: false, linkify: true, maxNesting: 100 });
  const tryRule = (state: StateBlock | StateInline) => {
    spend(state, 'steps');
    // There is nothing of its own in the text.
    return false;
  };
  const { block, inline, core, linkify, renderer } = markdown;
  // Tried before every other rule, wherever one is.
  block.ruler.before('table', 'budget', tryRule, {
    alt: ['paragraph', 'reference', 'blockquote', 'list'],
  });
  inline.ruler.before('text', 'budget', tryRule);
  block.State = class extends block.State {
    override push(...token: Parameters<StateBlock['push']>): Token {
      spend(this, 'tokens');
      if (this.level > readmeLimits.nesting) throw tooDeep();
      return super.push(...token);
    }
  };
  inline.State = class extends inline.State {
    override push(...token: Parameters<StateInline['push']>): Token {
      spend(this, 'tokens');
      return super.push(...token);
    }
  };
  core.ruler.after('inline', 'tasks', ({ tokens }) => markTasks(tokens));
  // Of what only looks like an address, such as README.md, none is made.
  linkify.set({ fuzzyLink: false, fuzzyEmail: true });
  markdown.validateLink = isLink;
  Object.assign(renderer.rules, rules);
  return markdown;
}

/** An address with a scheme that leads to a page or a letter, or one of this site. */
function isLink(url: string): boolean {
  return /^(?:https?:|mailto:)/i.test(url) || !/^[^/?#]*:/.test(url);
}

const tooDeep = () => new OverLimit(`it is nested more than ${readmeLimits.nesting} levels deep`);

const boxes: Record<string, string> = { '[ ] ': '☐ ', '[x] ': '☑ ', '[X] ': '☑ ' };

/** Shows the box of each task of a list. */
function markTasks(tokens: Token[]): void {
  tokens.forEach((token, at) => {
    if (token.type !== 'inline' || tokens[at - 2]?.type !== 'list_item_open') return;
    const [first] = token.children ?? [];
    const box = first?.type === 'text' ? boxes[first.content.slice(0, 4)] : undefined;
    if (first && box) first.content = box + first.content.slice(4);
  });
}

const alignCell: Renderer['rules'][string] = (tokens, at, options, _env, self) => {
  const token = tokens[at];
  const align = /^text-align:(\w+)$/.exec(String(token?.attrGet('style')))?.[1];
  if (token && align) token.attrs = [['align', align]];
  return self.renderToken(tokens, at, options);
};

const rules: Renderer['rules'] = {
  link_open: (tokens, at, options, _env, self) => {
    tokens[at]?.attrSet('rel', 'nofollow noopener noreferrer');
    return self.renderToken(tokens, at, options);
  },
  // As an attribute that a Content-Security-Policy without inline styles lets through.
  th_open: alignCell,
  td_open: alignCell,
};

const parser = createParser();
const encoder = new TextEncoder();

/** Writes the HTML piece by piece, so that what a short text is written out to is seen before it is long. */
function write(tokens: Token[], env: Env): string {
  const { renderer, options, utils } = parser;
  const pieces: string[] = [];
  let length = 0;
  let depth = 0;
  let links = 0;
  const add = (piece: string) => {
    length += encoder.encode(piece).length;
    if (length > readmeLimits.html) {
      throw new OverLimit(`it renders to more than ${readmeLimits.html} bytes of HTML`);
    }
    pieces.push(piece);
  };
  const writeImage = (image: Token) => {
    const text = utils.escapeHtml(renderer.renderInlineAsText(image.children ?? [], options, env));
    const url = utils.escapeHtml(String(image.attrGet('src') ?? ''));
    const shown = text || 'image';
    // A link can't hold another.
    if (links > 0) add(shown);
    else add(`<a href="${url}" rel="nofollow noopener noreferrer">${shown}</a>`);
  };
  const writeAll = (all: Token[]) => {
    all.forEach((token, at) => {
      depth += token.nesting;
      if (depth > readmeLimits.nesting) throw tooDeep();
      if (token.type === 'link_open' || token.type === 'link_close') links += token.nesting;
      if (token.type === 'inline') writeAll(token.children ?? []);
      else if (token.type === 'image') writeImage(token);
      else {
        const rule = renderer.rules[token.type];
        add(rule?.(all, at, options, env, renderer) ?? renderer.renderToken(all, at, options));
      }
    });
  };
  writeAll(tokens);
  return pieces.join('');
}
