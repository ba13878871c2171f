import { patternsOf } from '../patterns.ts';
import type { LintRule } from '../rule.ts';

export const globSlip: LintRule = {
  id: 'glob-slip',
  title: 'A pattern that means something else',
  severity: 'warning',
  text: 'AppArmor’s patterns are neither regular expressions nor shell patterns: inside [ ], the characters , and | are ordinary, and a * or ? ends the class early; + after ] is an ordinary plus; a range such as [z-a] is empty.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /var/log/demo[a|b].log w,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /var/log/demo{a,b}.log w,\n}\n',
  check({ profiles, report }) {
    for (const word of patternsOf(profiles)) {
      const slip = slipIn(word.value);
      if (!slip) continue;
      const at = word.start + (word.quoted ? 1 : 0) + slip.at;
      report({ start: at, end: at + slip.length }, slip.message, { expected: slip.expected });
    }
  },
};

function slipIn(
  text: string,
): { at: number; length: number; message: string; expected: string } | undefined {
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') {
      i++;
      continue;
    }
    if (c !== '[') continue;
    let close = i + 1;
    while (close < text.length && text[close] !== ']') close += text[close] === '\\' ? 2 : 1;
    const inside = text.slice(i + 1, close).replace(/^\^/, '');
    const length = close - i + 1;
    if (inside.includes('|') || (inside.includes(',') && inside.length > 1)) {
      return {
        at: i,
        length,
        message: 'Inside [ ] the | and , are ordinary characters.',
        expected: `{${inside.split(/[|,]/).join(',')}}`,
      };
    }
    const wildcard = /^(?:[^\\*?]|\\[\s\S])*([*?])/.exec(inside)?.[1];
    if (wildcard !== undefined) {
      return {
        at: i,
        length,
        message: `Inside [ ] apparmor_parser replaces ${wildcard} by another class, so that this one ends there and its ] is an ordinary character.`,
        expected: /^[*?]$/.test(inside)
          ? `\\${wildcard}`
          : `${wildcard} after the ], or \\${wildcard}`,
      };
    }
    const range = /^([A-Za-z0-9])-([A-Za-z0-9])$/.exec(inside);
    if (range && (range[1] as string) > (range[2] as string)) {
      return {
        at: i,
        length,
        message: 'This range is empty: it runs from a later to an earlier character.',
        expected: `[${range[2]}-${range[1]}]`,
      };
    }
    if (text[close + 1] === '+') {
      return {
        at: close + 1,
        length: 1,
        message: 'This + is an ordinary plus: patterns have no “one or more”.',
        expected: '* , or the class repeated',
      };
    }
    i = close;
  }
  return undefined;
}
