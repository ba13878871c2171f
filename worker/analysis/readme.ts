import MarkdownIt, {
  type Env,
  type Renderer,
  type StateBlock,
  type StateInline,
  type Token,
} from 'markdown-it';

/** The limits of a README. A typical one of the maximum length uses at most a quarter of the others. */
export const readmeLimits = {
  /** UTF-16 units of Markdown. */
  length: 64 * 1024,
  /** Attempts to match a rule of the parser, for blocks and inline. */
  steps: 64 * 1024,
  /** Tokens that the parser creates. */
  tokens: 40_000,
  /** Levels of nested elements. */
  nesting: 50,
  /** Bytes of HTML, in UTF-8. */
  html: 256 * 1024,
} as const;

/** A README as HTML, or the reason why it exceeds a limit. */
export type RenderedReadme = { ok: true; html: string } | { ok: false; reason: string };

class OverLimit extends Error {}

/**
 * Renders a README: CommonMark with GitHub's tables, strikethrough, task lists and autolinks. The text is untrusted: HTML
 * is escaped, links may use https, http and mailto or be relative, and images become links, so that nothing is loaded
 * from elsewhere. The cost is bounded by {@link readmeLimits}; over a limit the result is the reason.
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

/** Spends one unit of the budget. */
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
  // markdown-it's own limit silently drops deeper nesting; ours is lower and reports it.
  const markdown = new MarkdownIt({ html: false, linkify: true, maxNesting: 100 });
  const tryRule = (state: StateBlock | StateInline) => {
    spend(state, 'steps');
    // The rule matches nothing.
    return false;
  };
  const { block, inline, core, linkify, renderer } = markdown;
  // Tried before every other rule.
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
  // Names such as README.md are not linked.
  linkify.set({ fuzzyLink: false, fuzzyEmail: true });
  markdown.validateLink = isLink;
  Object.assign(renderer.rules, rules);
  return markdown;
}

/** Whether a URL is http, https or mailto, or relative. */
function isLink(url: string): boolean {
  return /^(?:https?:|mailto:)/i.test(url) || !/^[^/?#]*:/.test(url);
}

const tooLong = () => new OverLimit(`it renders to more than ${readmeLimits.html} bytes of HTML`);
const tooDeep = () => new OverLimit(`it is nested more than ${readmeLimits.nesting} levels deep`);

const boxes: Record<string, string> = { '[ ] ': '☐ ', '[x] ': '☑ ', '[X] ': '☑ ' };

/** Replaces the markers of task lists with boxes. */
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
  // As an attribute, since the Content-Security-Policy forbids inline styles.
  th_open: alignCell,
  td_open: alignCell,
};

const parser = createParser();

/** Renders the HTML piece by piece, to stop at the limit before a short text expands too far. */
function write(tokens: Token[], env: Env): string {
  const { renderer, options, utils } = parser;
  const pieces: string[] = [];
  let length = 0;
  let depth = 0;
  let links = 0;
  const add = (piece: string) => {
    // UTF-8 takes at least a byte for each unit of UTF-16.
    length += piece.length;
    if (length > readmeLimits.html) throw tooLong();
    pieces.push(piece);
  };
  const writeImage = (image: Token) => {
    const text = utils.escapeHtml(renderer.renderInlineAsText(image.children ?? [], options, env));
    const url = utils.escapeHtml(String(image.attrGet('src') ?? ''));
    const shown = text || 'image';
    // Links can't be nested.
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
  const html = pieces.join('');
  if (new TextEncoder().encode(html).length > readmeLimits.html) throw tooLong();
  return html;
}
