/** An include or abi statement that leads out of the policy folder. */
export interface EscapingInclude {
  /** The line as apparmor_parser counts, from 1. */
  line: number;
  /** The statement, shortened for messages. */
  says: string;
}

/**
 * Matches where apparmor_parser's scanner may see the keyword of an include or abi statement: `#include` anywhere, the
 * others wherever a token can begin. Comments and quotes are not recognised, since a text could be crafted that the
 * scanner splits differently.
 */
const keyword =
  /#include|(?:(?<![\w/.*?@~%+<[\]^\\$-])|(?<=priority\s*=\s*[+-]?\d+))(?:include(?=[\s"<])|abi(?!\w))/g;

/** What may be between a keyword and its path. */
const between = /(?:\s*if\s+exists)?([\s<"]*)/y;

const maxShownLength = 80;

/** The maximum number of statements reported per file. */
const maxReported = 1000;

/**
 * The text of a policy file without statements that have apparmor_parser open anything outside the policy folder, in
 * which it is to be run: paths from the root that are not below `folder`, the policy folder as its own system has it, and
 * those with `..` or an escape. The keyword of such a statement is replaced by characters that are an error where a statement
 * can be; in a comment they change nothing. A path below `folder` is made relative to it. Lines stay as they are.
 * Takes time in proportion to the text.
 */
export function withoutWaysOut(
  text: string,
  folder: string,
): { text: string; waysOut: EscapingInclude[] } {
  const waysOut: EscapingInclude[] = [];
  const endOf = {
    quoted: nextOf(text, /"/g),
    bracketed: nextOf(text, /[>"\t\r\n]/g),
    bare: nextOf(text, /[ \t\r\n"!<>]/g),
  };
  const climbs = nextOf(text, /\\|\.\./g);
  const below = new RegExp(`.{${folder.length}}/+(?=[^/\\s])`, 'y');
  let done = 0;
  let result = '';
  let line = 1;
  let counted = 0;
  for (const { 0: word, index } of text.matchAll(keyword)) {
    between.lastIndex = index + word.length;
    const marks = between.exec(text)?.[1] ?? '';
    const start = between.lastIndex;
    const kind = marks.includes('"') ? 'quoted' : marks.includes('<') ? 'bracketed' : 'bare';
    const end = endOf[kind](start);
    if (climbs(start) >= end) {
      if (text[start] !== '/') continue;
      below.lastIndex = start;
      // Between < and > the scanner still looks below the policy folder.
      if (!marks.includes('<') && text.startsWith(`${folder}/`, start) && below.test(text)) {
        result += text.slice(done, start);
        done = below.lastIndex;
        continue;
      }
    }
    result += text.slice(done, index) + '!'.repeat(word.length);
    done = index + word.length;
    if (waysOut.length === maxReported) continue;
    for (; counted < index; counted++) if (text[counted] === '\n') line += 1;
    const says = text.slice(index, Math.min(end + 1, index + maxShownLength)).trim();
    waysOut.push({ line, says: says.replaceAll(/\s+/g, ' ') });
  }
  return { text: result + text.slice(done), waysOut };
}

/** Finds the next match at or after a position, for increasing positions: each part of the text is searched once. */
function nextOf(text: string, pattern: RegExp): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found < from) {
      pattern.lastIndex = from;
      found = pattern.exec(text)?.index ?? text.length;
    }
    return found;
  };
}
