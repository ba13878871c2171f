import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  DefinitionRequest,
  DocumentLinkRequest,
  type Location,
  PrepareRenameRequest,
  type Range,
  ReferencesRequest,
  RenameRequest,
} from 'vscode-languageserver-protocol/node';
import { applied, type Editor, startEditor, textAt, uriOf } from './editor.ts';

let folder: string;
let path: string;
let editor: Editor;

const tunables = '@{TOP}=/srv\n@{TOP}+=/data\n';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  path = join(folder, 'web');
  await mkdir(join(folder, 'tunables'));
  await writeFile(join(folder, 'tunables/global'), 'include <tunables/more>\n');
  await writeFile(join(folder, 'tunables/more'), tunables);
  await writeFile(join(folder, 'local'), '/local r,\n');
  editor = await startEditor({ args: ['--base', folder] });
});

afterAll(async () => {
  await editor.end();
  await rm(folder, { recursive: true });
});

const text = `include <tunables/global>
@{DIRS}=/a "/🦀/b"
$DEBUG=true
profile web /usr/bin/web {
  include "local"
  include if exists <missing>
  "/🦀@{DIRS}/@{TOP}/x" r,
  if $DEBUG {
    @{DIRS}/** w,
  }
  /usr/bin/tool Cx -> tool,
  /usr/bin/other Px,
  /usr/bin/helper Px -> helper,
  signal peer=web//tool,
  unix peer=(label=helper),
  change_profile -> web//tool,
  profile tool {
    signal peer=web,
  }
}
profile other /usr/bin/other {
}
profile helper {
}
/usr/bin/plain {
}
`;

beforeEach(() => editor.open(path, text));
afterEach(() => editor.close(path));

/** The parameters for the place one character into a text, the `nth` time that it stands there. */
function placeOf(part: string, nth = 0) {
  let at = -1;
  for (let count = 0; count <= nth; count++) at = text.indexOf(part, at + 1);
  if (at < 0) throw new Error(part);
  return {
    textDocument: { uri: uriOf(path) },
    position: editor.document(path).positionAt(at + 1),
  };
}

/** Ranges of the open file as `line:text`, others as `file:line:column`. */
const described = (locations: Location[]) =>
  locations.map(({ uri, range }) =>
    uri === uriOf(path)
      ? `${range.start.line}:${textAt(editor.document(path), range)}`
      : `${uri.slice(uriOf(folder).length + 1)}:${range.start.line}:${range.start.character}`,
  );

describe('definitions', () => {
  test.each([
    ['a variable', '@{DIRS}/@', 0, ['1:@{DIRS}']],
    ['a variable of an included file', '@{TOP}', 0, ['tunables/more:0:0', 'tunables/more:1:0']],
    ['a boolean', '$DEBUG', 1, ['2:$DEBUG']],
    ['an include', 'tunables/global', 0, ['tunables/global:0:0']],
    ['a quoted include', '"local"', 0, ['local:0:0']],
    ['a missing include', 'missing', 0, []],
    ['a child that a program is run under', 'tool,', 0, ['16:tool']],
    ['a profile that is attached to a program', '/usr/bin/other Px', 0, ['20:other']],
    ['a profile that a program is run under', 'helper,', 0, ['22:helper']],
    ['a peer', 'tool,', 1, ['16:tool']],
    ['the parent of a peer', 'web//tool', 0, ['3:web']],
    ['the label of a peer', 'helper)', 0, ['22:helper']],
    ['the target of change_profile', 'tool,', 2, ['16:tool']],
    ['a path', '/** w', 0, []],
  ])('%s', async (_, part, nth, expected) => {
    const found = await editor.connection.sendRequest(DefinitionRequest.type, placeOf(part, nth));
    expect(described(found as Location[])).toEqual(expected);
  });
});

describe('references', () => {
  test.each([
    ['a variable', '@{DIRS}', true, ['1:@{DIRS}', '6:@{DIRS}', '8:@{DIRS}']],
    ['a variable without its definition', '@{DIRS}', false, ['6:@{DIRS}', '8:@{DIRS}']],
    ['a child', 'tool {', false, ['10:tool', '13:tool', '15:tool']],
    ['a profile', 'web /usr', true, ['3:web', '13:web', '15:web', '17:web']],
    ['a path', '/** w', true, []],
  ])('%s', async (_, part, includeDeclaration, expected) => {
    const found = await editor.connection.sendRequest(ReferencesRequest.type, {
      ...placeOf(part),
      context: { includeDeclaration },
    });
    expect(described(found ?? [])).toEqual(expected);
  });
});

describe('new names', () => {
  const renamed = async (part: string, newName: string) => {
    const edit = await editor.connection.sendRequest(RenameRequest.type, {
      ...placeOf(part),
      newName,
    });
    return applied(editor.document(path), edit?.changes?.[uriOf(path)]);
  };

  test.each([
    ['@{DIRS}', 'PLACES', () => text.replaceAll('@{DIRS}', '@{PLACES}')],
    ['$DEBUG', 'VERBOSE', () => text.replaceAll('$DEBUG', '$VERBOSE')],
    ['tool {', 'helper2', () => text.replaceAll(/\btool(?=[, ]|$)(?! Cx)/g, 'helper2')],
    ['helper {', 'aide', () => text.replaceAll(/(?<!\/)helper/g, 'aide')],
  ])('%s becomes %s', async (part, name, expected) => {
    expect(await renamed(part, name)).toBe(expected());
  });

  test.each([
    ['a variable of an included file', '@{TOP}', 'X', /this file defines/],
    ['an invalid name', '@{DIRS}', '1X', /not the name of a variable/],
    ['a name of two profiles', 'helper {', 'other', /already/],
    ['a name that is an attachment', '/usr/bin/plain', 'plain', /programs that it confines/],
    ['a name with a blank', 'helper {', 'a b', /not a plain name/],
  ])('%s is refused', async (_, part, name, message) => {
    await expect(renamed(part, name)).rejects.toThrow(message);
  });

  test('the editor is told what would be renamed', async () => {
    const ask = (part: string) =>
      editor.connection.sendRequest(PrepareRenameRequest.type, placeOf(part));
    const found = (await ask('@{DIRS}')) as Range;
    expect(textAt(editor.document(path), found)).toBe('DIRS');
    expect(await ask('@{TOP}')).toBeNull();
    expect(await ask('/** w')).toBeNull();
  });
});

test('includes that name a file are links', async () => {
  const found = await editor.connection.sendRequest(DocumentLinkRequest.type, {
    textDocument: { uri: uriOf(path) },
  });
  expect(found?.map(({ range, target }) => [textAt(editor.document(path), range), target])).toEqual(
    [
      ['<tunables/global>', uriOf(join(folder, 'tunables/global'))],
      ['"local"', uriOf(join(folder, 'local'))],
    ],
  );
});
