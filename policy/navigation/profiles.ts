// Where a file names profiles, hats and child profiles.
import { maxDepth } from '../syntax/limits.ts';
import type { Range } from '../syntax/source.ts';
import type { Condition, PolicyFile, Profile, Statement, Word } from '../syntax/tree.ts';
import { visitStatements } from '../syntax/walk.ts';

/** A place where a profile is named. */
export interface ProfileOccurrence extends Range {
  /** The full name, as `parent//child`. */
  name: string;
  /** The profile, where this is its head. */
  profile?: Profile;
}

/**
 * Every place of a file that names a profile: heads, targets of exec transitions and `change_profile`, and labels of
 * peers, in order. Of `parent//child`, each part is a place. Names with escapes or namespaces count as a whole.
 */
export function profileOccurrences(file: PolicyFile): ProfileOccurrence[] {
  const found: ProfileOccurrence[] = [];
  /** Adds the names of a word; `within` is the profile whose child it names. */
  const add = (word: Word, within?: string, profile?: Profile) => {
    const written = file.text.slice(word.start, word.end);
    const start = word.start + (word.quoted ? 1 : 0);
    const stacked = word.value.startsWith('&') ? 1 : 0;
    const value = word.value.slice(stacked);
    const isPlain =
      !value.startsWith(':') && written === (word.quoted ? `"${word.value}"` : word.value);
    const split = isPlain ? value.split('//', maxDepth + 1) : [];
    const parts = split.length > 0 && split.length <= maxDepth ? split : [value];
    let at = start + stacked;
    let name = within;
    for (const [index, part] of parts.entries()) {
      name = name === undefined ? part : `${name}//${part}`;
      const end = isPlain ? at + part.length : word.end;
      const isLast = index === parts.length - 1;
      found.push({ name, start: at, end, ...(isLast && profile && { profile }) });
      at = end + 2;
    }
  };
  // Made once for each profile: names may be long, and rules many.
  const fullNames = new Map<Statement, string>();
  visitStatements(file, (one, around) => {
    const outer = around.findLast(({ kind }) => kind === 'profile');
    const within = outer && fullNames.get(outer);
    switch (one.kind) {
      case 'profile': {
        const name = one.name.value;
        fullNames.set(one, within === undefined ? name : `${within}//${name}`);
        add(one.name, within, one);
        break;
      }
      case 'file': {
        if (!one.target || !one.permissions.exec) break;
        add(one.target, one.permissions.exec.mode === 'c' ? within : undefined);
        break;
      }
      case 'change_profile':
        if (one.target) add(one.target);
        break;
      default:
        if ('conditions' in one) for (const word of peerLabels(one.conditions)) add(word);
    }
  });
  return found.sort((a, b) => a.start - b.start);
}

/** The full name of the innermost of these profiles; undefined outside of profiles. */
export function enclosingName(around: readonly Statement[]): string | undefined {
  const names = around.flatMap((one) => (one.kind === 'profile' ? [one.name.value] : []));
  return names.length > 0 ? names.join('//') : undefined;
}

/** The labels that conditions of a rule demand of a peer: `peer=label` and `peer=(label=label)`. */
function peerLabels(conditions: readonly Condition[]): Word[] {
  return conditions
    .filter(({ name }) => name.value === 'peer')
    .flatMap(({ values, conditions: inside }) =>
      inside
        ? inside.filter(({ name }) => name.value === 'label').flatMap((one) => one.values)
        : values,
    );
}

/**
 * The profiles that a program gets by an exec transition without a target: children (`cx`) or profiles (`px`) of the
 * file that are named after its path or attached to exactly it.
 */
export function attachedProfiles(
  file: PolicyFile,
  statement: Statement,
  around: readonly Statement[],
): Profile[] {
  if (statement.kind !== 'file' || statement.target || !statement.permissions.exec) return [];
  const { mode } = statement.permissions.exec;
  const path = statement.path.value;
  const within = around.findLast((one): one is Profile => one.kind === 'profile');
  const candidates = mode === 'c' ? within?.body : mode === 'p' ? file.statements : undefined;
  return (candidates ?? []).filter(
    (one): one is Profile =>
      one.kind === 'profile' && (one.attachment?.value ?? one.name.value) === path,
  );
}
