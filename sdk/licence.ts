import parse from 'spdx-expression-parse';
import deprecated from 'spdx-license-ids/deprecated.json' with { type: 'json' };
import ids from 'spdx-license-ids/index.json' with { type: 'json' };
import { nearest } from '../policy/syntax/names.ts';

/** What people write for a licence that SPDX calls otherwise, in small letters. */
const synonyms: Record<string, string> = {
  apache: 'Apache-2.0',
  'apache 2.0': 'Apache-2.0',
  'apache 2': 'Apache-2.0',
  apache2: 'Apache-2.0',
  bsd: 'BSD-3-Clause',
  gpl: 'GPL-3.0-or-later',
  gpl2: 'GPL-2.0-only',
  gplv2: 'GPL-2.0-only',
  'gplv2+': 'GPL-2.0-or-later',
  gpl3: 'GPL-3.0-only',
  gplv3: 'GPL-3.0-only',
  'gplv3+': 'GPL-3.0-or-later',
  lgpl: 'LGPL-3.0-or-later',
  mpl: 'MPL-2.0',
  'public domain': 'CC0-1.0',
};

/**
 * What is wrong with a licence, and what was probably meant; `undefined` when it is an SPDX licence expression (SPDX
 * 2.3, annex D).
 */
export function licenceTrouble(text: string): { meant: string | undefined } | undefined {
  return isExpression(text) ? undefined : { meant: meant(text) };
}

/** The expression with each part that SPDX does not know replaced by what it was probably meant to be. */
function meant(text: string): string | undefined {
  const known = [...ids, ...deprecated];
  const byLower = new Map(known.map((id) => [id.toLowerCase(), id]));
  const find = (word: string): string => {
    const lower = word.toLowerCase();
    const exact =
      byLower.get(lower) ?? (Object.hasOwn(synonyms, lower) ? synonyms[lower] : undefined);
    if (exact !== undefined) return exact;
    const near = nearest(lower, byLower.keys());
    return (near === undefined ? undefined : byLower.get(near)) ?? word;
  };
  const whole = find(text.trim());
  if (isExpression(whole)) return whole;
  const replaced = text.replaceAll(/[^\s()]+/g, (word) =>
    /^(and|or|with)$/i.test(word) ? word.toUpperCase() : find(word),
  );
  return isExpression(replaced) ? replaced : undefined;
}

function isExpression(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
