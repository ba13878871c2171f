import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CodeLensRequest,
  CodeLensResolveRequest,
  ExecuteCommandRequest,
  MessageType,
  ShowMessageNotification,
} from 'vscode-languageserver-protocol/node';
import { dockerDefault } from '../../../policy/index.ts';
import { type Editor, startEditor, textAt, uriOf } from './editor.ts';

let folder: string;
let path: string;
let editor: Editor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  path = join(folder, 'web');
  // With AppArmor's own base policy, which docker-default includes.
  editor = await startEditor();
});

afterAll(async () => {
  await editor.end();
  await rm(folder, { recursive: true });
});

const uri = () => ({ textDocument: { uri: uriOf(path) } });

/** The titles of the lenses of the open file, with where they are. */
async function lenses(): Promise<[string | undefined, string][]> {
  const found = (await editor.connection.sendRequest(CodeLensRequest.type, uri())) ?? [];
  return Promise.all(
    found.map(async (lens): Promise<[string | undefined, string]> => {
      const { command } = await editor.connection.sendRequest(CodeLensResolveRequest.type, lens);
      return [command?.title, textAt(editor.document(path), lens.range)];
    }),
  );
}

const preamble = 'abi <abi/3.0>,\ninclude <tunables/global>\n';
const head = `${preamble}profile web flags=(attach_disconnected, mediate_deleted) {\n`;

test.each<[string, string, RegExp | undefined]>([
  ['less', `${head}  /srv/** r,\n}\n`, /^Permits no more than docker-default$/],
  ['the same', dockerDefault, /^Permits no more than docker-default$/],
  ['more', `${head}  file,\n  mount,\n}\n`, /^Permits more than docker-default: \d+ differences$/],
  ['an error', `${head}  /srv/** rq,\n}\n`, /^Not compared with docker-default$/],
  ['a profile of a program', `${preamble}profile web /usr/bin/web {\n  mount,\n}\n`, undefined],
  ['several profiles', 'profile a {\n}\nprofile b {\n}\n', undefined],
])('%s', async (_, text, title) => {
  await editor.open(path, text);
  const found = await lenses();
  expect(found).toEqual(title ? [[expect.stringMatching(title), expect.any(String)]] : []);
  editor.close(path);
});

test('the command shows the differences, and the lens follows the text', async () => {
  await editor.open(path, `${head}  mount,\n}\n`);
  const shown = new Promise<{ type: MessageType; message: string }>((resolve) =>
    editor.connection.onNotification(ShowMessageNotification.type, resolve),
  );
  const text = await editor.connection.sendRequest(ExecuteCommandRequest.type, {
    command: 'aa-registry.differences',
    arguments: [uriOf(path)],
  });
  expect(text).toMatch(/^Permits more than docker-default: .*\nmount: /);
  expect(await shown).toEqual({ type: MessageType.Info, message: text });
  await editor.change(path, 'mount,', 'deny mount,');
  expect(await lenses()).toEqual([['Permits no more than docker-default', 'web']]);
  editor.close(path);
});
