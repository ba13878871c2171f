// Definitions, references, new names and links.
import { pathToFileURL } from 'node:url';
import {
  type DocumentLink,
  type Location,
  type Range,
  ResponseError,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  attachedProfiles,
  includesOf,
  type ProfileOccurrence,
  profileOccurrences,
  statementsAt,
  type VariableOccurrence,
  variableOccurrences,
} from '../../policy/index.ts';
import { rangeOf } from './diagnostics.ts';
import { editOf } from './edits.ts';
import { filesOf, reachableFiles, treeOfIncluded } from './includes.ts';
import type { OpenFile } from './open-file.ts';

type Place = { start: number; end: number };

const holds = ({ start, end }: Place, offset: number) => start <= offset && offset <= end;

const isSame = (a: VariableOccurrence, b: VariableOccurrence) =>
  a.name === b.name && a.sigil === b.sigil;

/** A name of the file at an offset, and every place that names the same. */
interface Named {
  at: Place;
  /** Where the name alone is, at each place. */
  names: Place[];
  variable?: VariableOccurrence;
  profile?: ProfileOccurrence;
  /** The name is the attachment of the profile too. */
  attaches?: boolean;
  definitions: Place[];
  references: Place[];
}

function namedAt({ tree }: OpenFile, offset: number): Named | undefined {
  const variables = variableOccurrences(tree);
  const variable = variables.find((one) => holds(one, offset));
  if (variable) {
    const same = variables.filter((one) => isSame(one, variable));
    return {
      ...{ at: variable.nameRange, variable, names: same.map(({ nameRange }) => nameRange) },
      definitions: same.filter(({ declares }) => declares),
      references: same.filter(({ declares }) => !declares),
    };
  }
  const profiles = profileOccurrences(tree);
  const profile = profiles.find((one) => holds(one, offset));
  if (!profile) return undefined;
  const same = profiles.filter(({ name }) => name === profile.name);
  return {
    ...{ at: profile, profile, names: same },
    attaches:
      /^[/@]/.test(profile.name) && same.some((one) => one.profile && !one.profile.attachment),
    definitions: same.filter((one) => one.profile),
    references: same.filter((one) => !one.profile),
  };
}

/**
 * Where the name at an offset is defined: a variable here and in included files, a profile in this file, and the file that
 * an include or abi statement names.
 */
export function definition(open: OpenFile, offset: number): Location[] {
  const { document, tree } = open;
  const around = statementsAt(tree, offset);
  const statement = around.at(-1);
  if (statement?.kind === 'include' || statement?.kind === 'abi') {
    return filesOf(open, statement).flatMap(({ file }) => fileLocation(file));
  }
  const named = namedAt(open, offset);
  const here = (places: readonly Place[]) =>
    places.map((one) => ({ uri: document.uri, range: rangeOf(document, one) }));
  if (named) {
    const { definitions, variable } = named;
    return [...here(definitions), ...(variable ? includedDefinitions(open, variable) : [])];
  }
  if (!statement) return [];
  return here(attachedProfiles(tree, statement, around).map(({ name }) => name));
}

/** Where included files give a variable values. */
function includedDefinitions(open: OpenFile, variable: VariableOccurrence): Location[] {
  return reachableFiles(open, includesOf(open.tree)).flatMap((file) => {
    const [location] = fileLocation(file.file);
    if (!location || !file.source.includes(variable.name)) return [];
    const text = TextDocument.create(location.uri, 'apparmor', 0, file.source);
    return variableOccurrences(treeOfIncluded(file))
      .filter((one) => one.declares && isSame(one, variable))
      .map((one) => ({ uri: location.uri, range: rangeOf(text, one) }));
  });
}

/** The start of a file; none for one that is not on this machine. */
function fileLocation(file: string): Location[] {
  const start = { line: 0, character: 0 };
  if (!file.startsWith('/')) return [];
  return [{ uri: pathToFileURL(file).href, range: { start, end: start } }];
}

/** Where the file names what is named at an offset. */
export function references(open: OpenFile, offset: number, withDefinitions: boolean): Location[] {
  const named = namedAt(open, offset);
  if (!named) return [];
  const places = [...(withDefinitions ? named.definitions : []), ...named.references];
  return places
    .sort((a, b) => a.start - b.start)
    .map((one) => ({ uri: open.document.uri, range: rangeOf(open.document, one) }));
}

/** The name at an offset, if it can be changed: one that this file defines, and no included one. */
export function renamable(open: OpenFile, offset: number): Range | null {
  const named = namedAt(open, offset);
  if (!named || named.definitions.length === 0) return null;
  if (named.variable && includedDefinitions(open, named.variable).length > 0) return null;
  return rangeOf(open.document, named.at);
}

/**
 * Renames the variable or profile at an offset in this file. Throws a ResponseError if it is not defined here alone, or the
 * name is not valid or taken.
 */
export function rename(open: OpenFile, offset: number, newName: string): WorkspaceEdit {
  const named = namedAt(open, offset);
  if (!named || renamable(open, offset) === null) {
    throw refused('Only variables and profiles that this file defines can be renamed.');
  }
  const { variable, profile } = named;
  if (named.attaches) throw refused('Its name is also the path of the programs that it confines.');
  if (variable) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(newName)) {
      throw refused(
        `"${newName}" is not the name of a variable: a letter, then letters, digits or _.`,
      );
    }
    const renamed = { ...variable, name: newName };
    if (variableOccurrences(open.tree).some((one) => isSame(one, renamed)))
      throw refused(`The file has a variable ${newName} already.`);
  } else if (profile) {
    if (!/^[\w./+-]+$/.test(newName) || newName.includes('//')) {
      throw refused(`"${newName}" is not a plain name of a profile.`);
    }
    const full = [...profile.name.split('//').slice(0, -1), newName].join('//');
    if (profileOccurrences(open.tree).some(({ name }) => name === full))
      throw refused(`The file has a profile ${full} already.`);
  }
  const edits = named.names.map((one) => ({
    range: rangeOf(open.document, one),
    newText: newName,
  }));
  return editOf(open.document, edits);
}

/** RequestFailed of the protocol: the editor shows the message. */
const refused = (message: string) => new ResponseError(-32803, message);

/** A link for each include that names a file. */
export function documentLinks(open: OpenFile): DocumentLink[] {
  return includesOf(open.tree).flatMap((include) => {
    const files = filesOf(open, include);
    const [location] = files.length === 1 ? fileLocation(files[0]?.file ?? '') : [];
    return location
      ? [{ range: rangeOf(open.document, include.target), target: location.uri }]
      : [];
  });
}
