import { patternsOf } from '../patterns.ts';
import type { LintRule } from '../rule.ts';

/** Scripts with letters that look like Latin ones. */
const alike =
  /[\p{sc=Cyrillic}\p{sc=Greek}\p{sc=Armenian}\p{sc=Cherokee}\p{sc=Coptic}\p{sc=Lisu}]/u;
const latin = /\p{sc=Latin}/u;

export const mixedScript: LintRule = {
  id: 'mixed-script',
  title: 'A path with letters of scripts that look alike',
  severity: 'info',
  text: 'Some letters of Cyrillic, Greek and a few other scripts look like Latin ones, so a rule can appear to be about another file: `/etc/pаsswd` with U+0430 is not `/etc/passwd`. AppArmor compares bytes. If the file really has this name, say so in a comment.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /etc/p\u0430sswd w,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /etc/passwd w,\n}\n',
  check({ profiles, report }) {
    for (const word of patternsOf(profiles)) {
      const [letter] = alike.exec(word.value) ?? [];
      if (letter === undefined || !latin.test(word.value.replace(/@\{\w+\}/g, ''))) continue;
      const code = letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
      report(word, `The path mixes letters of scripts that look alike, such as U+${code}.`, {
        expected: 'letters of one script',
      });
    }
  },
};
