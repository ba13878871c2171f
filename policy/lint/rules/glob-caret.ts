import { patternsOf } from '../patterns.ts';
import type { LintRule } from '../rule.ts';

export const globCaret: LintRule = {
  id: 'glob-caret',
  title: '^ outside [ ] is an ordinary character',
  severity: 'warning',
  text: '^ negates only as the first character inside [ ]. Elsewhere it is an ordinary character, so the pattern matches names that contain a ^, which is rarely intended: `**^[0-9]*` matches almost nothing, so a deny rule with it protects almost nothing.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /proc/{*,**^[0-9]*} w,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /proc/{[^0-9]*,[^0-9]*/**} w,\n}\n',
  check({ profiles, report }) {
    for (const word of patternsOf(profiles)) {
      const { value } = word;
      let inClass = false;
      for (let i = 0; i < value.length; i++) {
        const c = value[i];
        if (c === '\\') i++;
        else if (c === '[' && !inClass) {
          inClass = true;
          if (value[i + 1] === '^') i++;
        } else if (c === ']') inClass = false;
        else if (c === '^' && !inClass) {
          const at = word.start + (word.quoted ? 1 : 0) + i;
          report(
            { start: at, end: at + 1 },
            'This ^ stands for itself: it negates only as the first character inside [ ].',
            {
              expected:
                value[i + 1] === '['
                  ? `[^${value.slice(i + 2).split(']')[0]}]`
                  : '\\^ if a ^ is meant, or [^…]',
            },
          );
          break;
        }
      }
    }
  },
};
