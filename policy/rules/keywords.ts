// The words that apparmor_parser takes for more than a name.
import type { Release } from '../release.ts';
import type { Keywords } from '../syntax/cursor.ts';
import { qualifierOrder } from '../syntax/qualifiers.ts';
import { kinds } from './kinds.ts';

/** Words that are of no kind of rule. */
const general =
  'abi alias allow and audit defined deny else hat if in include not or other owner priority profile prompt rewrite ' +
  'safe unsafe user';

const ofRules = kinds.flatMap(({ keywords, reserves = [] }) => [...keywords, ...reserves]);

export const keywords: Keywords = {
  starters: new Set([
    ...kinds.flatMap((kind) => kind.keywords),
    ...Object.keys(qualifierOrder),
    ...['profile', 'hat', 'include', 'abi', 'alias', 'if'],
  ]),
  reserved: new Set([...general.split(' '), ...ofRules]),
  since: new Map<string, Release>([
    ...kinds.flatMap(({ since, keywords, reserves = [] }) =>
      since ? [...keywords, ...reserves].map((word) => [word, since] as const) : [],
    ),
    ['prompt', '4.0'],
    ['priority', '4.1'],
    ['and', '5.0'],
    ['or', '5.0'],
    ['quiet', '5.0'],
  ]),
};
