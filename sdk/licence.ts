import parse from 'spdx-expression-parse';
import deprecated from 'spdx-license-ids/deprecated.json' with { type: 'json' };
import ids from 'spdx-license-ids/index.json' with { type: 'json' };
import { nearest } from '../policy/syntax/names.ts';

/** Common names of licences and their SPDX identifiers, in lower case. */
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
 * Validates an SPDX licence expression (SPDX 2.3, annex D). Returns `undefined` if it is valid, otherwise the error and
 * a suggestion.
 */
export function licenceTrouble(text: string): { meant: string | undefined } | undefined {
  return isExpression(text) ? undefined : { meant: meant(text) };
}

/** The expression with each unknown part replaced by the likely SPDX identifier. */
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
