import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CodeAction,
  CodeActionRequest,
  DocumentFormattingRequest,
  type DocumentSymbol,
  DocumentSymbolRequest,
} from 'vscode-languageserver-protocol/node';
import { aaRegistry } from '../../cli/cli.ts';
import { applied, type Editor, startEditor, textAt, uriOf } from './editor.ts';

let folder: string;
let path: string;
let editor: Editor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  path = join(folder, 'web');
  editor = await startEditor({ args: ['--base', folder] });
});

afterAll(async () => {
  await editor.end();
  await rm(folder, { recursive: true });
});

/** The code actions where a text first stands. */
async function actionsAt(part: string, only?: string[]): Promise<CodeAction[]> {
  const document = editor.document(path);
  const at = document.positionAt(document.getText().indexOf(part));
  const found = await editor.connection.sendRequest(CodeActionRequest.type, {
    textDocument: { uri: uriOf(path) },
    range: { start: at, end: at },
    context: { diagnostics: [], ...(only && { only }) },
  });
  return (found ?? []) as CodeAction[];
}

/** The text after an action. */
const afterAction = (action: CodeAction | undefined) =>
  applied(editor.document(path), action?.edit?.changes?.[uriOf(path)]);

describe('code actions', () => {
  const text = 'profile web {\n  capability chwon,\n  signal set=(trm),\n  network,\n}\n';

  test('a diagnostic with a fix has it as quick fix', async () => {
    await editor.open(path, text);
    const [fix, ...others] = await actionsAt('chwon', ['quickfix']);
    expect(fix?.title).toBe('Change to chown');
    expect(fix?.isPreferred).toBe(true);
    expect(fix?.diagnostics?.map(({ code }) => code)).toEqual(['capability-name']);
    expect(afterAction(fix)).toBe(text.replace('chwon', 'chown'));
    // A name that does not exist is an error, which no comment suppresses.
    expect(others).toEqual([]);
    editor.close(path);
  });

  test('all fixes are those of lint --fix', async () => {
    await editor.open(path, text);
    const found = await actionsAt('profile', ['source.fixAll']);
    expect(found.map(({ kind }) => kind)).toEqual(['source.fixAll']);
    const { stdout } = await aaRegistry(['lint', '--fix', '--base', folder, '-'], { input: text });
    expect(afterAction(found[0])).toBe(stdout);
    expect(stdout).not.toBe(text);
    editor.close(path);
  });

  test('a comment suppresses a finding once it gives the reason', async () => {
    await editor.open(path, 'profile web {\n\tnetwork,\n}\n');
    const ignore = (await actionsAt('network')).find(({ title }) => /ignore/i.test(title));
    const commented = afterAction(ignore);
    expect(commented).toBe('profile web {\n\t# lint-ignore bare-network: \n\tnetwork,\n}\n');
    editor.close(path);
    const codesOf = async (text: string) => {
      const found = await editor.open(path, text);
      editor.close(path);
      return found.map(({ code }) => code);
    };
    expect(await codesOf(commented)).toEqual(
      expect.arrayContaining(['bare-network', 'lint-ignore']),
    );
    const reasoned = await codesOf(commented.replace(': \n', ': a scanner\n'));
    expect(reasoned).not.toContain('bare-network');
    expect(reasoned).not.toContain('lint-ignore');
  });

  test('a text without diagnostics has none', async () => {
    await editor.open(path, '# nothing\n');
    expect(await actionsAt('nothing')).toEqual([]);
    editor.close(path);
  });
});

describe('formatting', () => {
  const format = async (text: string) => {
    await editor.open(path, text);
    const edits = await editor.connection.sendRequest(DocumentFormattingRequest.type, {
      textDocument: { uri: uriOf(path) },
      options: { tabSize: 8, insertSpaces: false },
    });
    const result = applied(editor.document(path), edits);
    editor.close(path);
    return { result, edits };
  };

  const formatted = 'profile web {\n  /srv/** r,\n}\n';
  const broken = 'profile web {\n/srv/** rq,\n}\n';
  test.each([
    [
      'indented',
      'profile web {\n/srv/** r,\n      /🦀   w,\n}\n',
      'profile web {\n  /srv/** r,\n  /🦀 w,\n}\n',
    ],
    ['one line', 'profile web { /srv/** r, }', formatted],
    ['Windows line ends', 'profile web {\r\n/srv/** r,\r\n}\r\n', formatted],
    ['formatted', formatted, formatted],
    ['with errors', broken, broken],
  ])('%s', async (_, text, expected) => {
    const { result, edits } = await format(text);
    expect(result).toBe(expected);
    if (text === expected) expect(edits).toEqual([]);
  });

  test('only lines that change are replaced', async () => {
    const { edits } = await format('profile web {\n  /a r,\n /b r,\n  /c r,\n}\n');
    expect(edits).toEqual([
      {
        range: { start: { line: 2, character: 0 }, end: { line: 3, character: 0 } },
        newText: '  /b r,\n',
      },
    ]);
  });
});

test('document symbols are profiles, hats, children and variables', async () => {
  const text =
    '@{DIRS}=/srv\n$DEBUG=true\nprofile web /usr/bin/web {\n  if $DEBUG {\n    /a r,\n  }\n' +
    '  profile child {\n    ^hat {\n    }\n  }\n}\n/usr/bin/other {\n}\n';
  await editor.open(path, text);
  const found = (await editor.connection.sendRequest(DocumentSymbolRequest.type, {
    textDocument: { uri: uriOf(path) },
  })) as DocumentSymbol[];
  const outline = (symbols: DocumentSymbol[], indent = ''): string[] =>
    symbols.flatMap((one) => [
      `${indent}${one.name}|${one.detail ?? ''}|${textAt(editor.document(path), one.selectionRange)}`,
      ...outline(one.children ?? [], `${indent}  `),
    ]);
  expect(outline(found)).toEqual([
    '@{DIRS}||@{DIRS}',
    '$DEBUG||$DEBUG',
    'web|/usr/bin/web|web',
    '  child||child',
    '    ^hat||hat',
    '/usr/bin/other||/usr/bin/other',
  ]);
  expect(found[2] && textAt(editor.document(path), found[2].range)).toMatch(/^profile web.*\}$/s);
  editor.close(path);
});
