import { within } from '../../syntax/characters.ts';
import { parseText } from '../../syntax/parser.ts';
import type { LintRule } from '../rule.ts';

/** What is not seen, turns text around, or looks like a blank or like nothing: all but tab, CR, LF and space. */
const suspicious =
  /[^\P{Cc}\t\r\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;
/** What the commonest of them are called. */
const names: Readonly<Record<string, string>> = {
  '00A0': 'no-break space',
  '00AD': 'soft hyphen',
  '200B': 'zero width space',
  '200C': 'zero width non-joiner',
  '200D': 'zero width joiner',
  '200E': 'left-to-right mark',
  '200F': 'right-to-left mark',
  '061C': 'Arabic letter mark',
  '2028': 'line separator',
  '2029': 'paragraph separator',
  '202A': 'left-to-right embedding',
  '202B': 'right-to-left embedding',
  '202C': 'pop directional formatting',
  '202D': 'left-to-right override',
  '202E': 'right-to-left override',
  '2060': 'word joiner',
  '2066': 'left-to-right isolate',
  '2067': 'right-to-left isolate',
  '2068': 'first strong isolate',
  '2069': 'pop directional isolate',
  '3000': 'ideographic space',
  FEFF: 'zero width no-break space',
};
const blank = /\p{Zs}/u;

export const invisibleCharacter: LintRule = {
  id: 'invisible-character',
  title: 'Invisible or misleading character',
  severity: 'error',
  text: 'A character that is invisible, that changes the direction of text (UAX 9) or that only looks like a blank makes a rule look like a different one: `deny /etc/shadow` with U+200B at its end denies nothing (CVE-2021-42574). It is an error in a rule, and a warning in a comment or for a blank in quotes. If a path really contains such a character, use `?` for each of its bytes.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /etc/shadow\u200b r,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /etc/shadow r,\n}\n',
  always: true,
  check({ file: { text }, report }) {
    if (text.search(suspicious) < 0) return;
    const { commentRanges, quoteRanges } = parseText(text).cursor;
    const inComment = within(commentRanges);
    const inQuotes = within(quoteRanges);
    for (const { index, 0: character } of text.matchAll(suspicious)) {
      // The mark at the start of a file is reported as such.
      if (index === 0 && character === '\ufeff') continue;
      const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
      const name = names[code ?? ''];
      const named = name === undefined ? '' : ` (${name})`;
      const comment = inComment(index);
      const mild = comment || (inQuotes(index) && blank.test(character));
      report(
        { start: index, end: index + character.length },
        `U+${code}${named} ${blank.test(character) ? 'only looks like a blank' : 'is invisible'}: ${comment ? 'the comment' : 'the rule'} is not what it looks like.`,
        {
          expected: blank.test(character) ? 'a plain space' : 'remove it',
          ...(mild && { severity: 'warning' as const }),
        },
      );
    }
  },
};
