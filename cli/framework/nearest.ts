import { editDistance } from '../../policy/syntax/names.ts';

/** Names in other programs for commands of this one. */
const synonyms: Record<string, string> = {
  add: 'pull',
  get: 'pull',
  info: 'show',
  create: 'init',
  install: 'pull',
  list: 'status',
  ls: 'status',
  new: 'init',
  rm: 'remove',
  uninstall: 'remove',
  unpublish: 'yank',
  update: 'sync',
  upgrade: 'sync',
  validate: 'check',
  view: 'show',
};

/** The command that has this name in other programs. */
export function synonymOf(word: string): string | undefined {
  return Object.hasOwn(synonyms, word) ? synonyms[word] : undefined;
}

/** The name that a typed text is a typo of, at most two characters away, or the only name with that prefix. */
export function nearest(names: string[], typed: string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const distance = Math.min(...typed.map((text) => editDistance(text, name, 2)));
    if (distance <= 2 && distance < (best?.distance ?? 3)) best = { name, distance };
  }
  if (best) return best.name;
  const withPrefix = names.filter((name) =>
    typed.some((text) => text.length > 2 && name.startsWith(text)),
  );
  return withPrefix.length === 1 ? withPrefix[0] : undefined;
}
