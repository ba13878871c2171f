import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigurationRequest, HoverRequest } from 'vscode-languageserver-protocol/node';
import { launcher } from '../../cli/cli.ts';
import { type Editor, type EditorOptions, startEditor, uriOf } from './editor.ts';

/** Runs a session in an empty folder, whose server is to end with 0. */
async function inSession(
  options: EditorOptions,
  use: (editor: Editor, folder: string) => Promise<void>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  const editor = await startEditor(options);
  try {
    await use(editor, folder);
  } finally {
    expect(await editor.end()).toBe(0);
    await rm(folder, { recursive: true });
  }
}

const text = 'profile web {\n  userns,\n}\n';
const isRefused = async (editor: Editor, folder: string) => {
  const found = await editor.open(join(folder, 'web'), text);
  return found.some(({ code }) => code === 'target');
};

test('the target release is an option', () =>
  inSession({ args: ['--target', '3.0'] }, async (editor, folder) => {
    expect(await isRefused(editor, folder)).toBe(true);
  }));

test('initialization options take the place of the command’s', () =>
  inSession({ args: ['--target', '3.0'], settings: { target: '4.0' } }, async (editor, folder) => {
    expect(await isRefused(editor, folder)).toBe(false);
  }));

test('settings are asked for where the editor offers that', async () => {
  const asked: unknown[] = [];
  await inSession(
    {
      capabilities: { workspace: { configuration: true } },
      answer: (connection) =>
        connection.onRequest(ConfigurationRequest.type, ({ items }) => {
          asked.push(...items);
          return [{ target: '3.0' }];
        }),
    },
    async (editor, folder) => {
      expect(await isRefused(editor, folder)).toBe(true);
    },
  );
  expect(asked).toEqual([{ section: 'aa-registry' }]);
});

test('a file that is not open has nothing to show', () =>
  inSession({}, async (editor, folder) => {
    const found = await editor.connection.sendRequest(HoverRequest.type, {
      textDocument: { uri: uriOf(join(folder, 'web')) },
      position: { line: 0, character: 0 },
    });
    expect(found).toBeNull();
  }));

test('a file that is too long has that diagnostic only, until it is shorter', () =>
  inSession({}, async (editor, folder) => {
    const path = join(folder, 'web');
    const long = `${text}#${'x'.repeat(1_000_000)}\n`;
    expect(await editor.open(path, long)).toMatchObject([{ code: 'limit' }]);
    const position = { line: 1, character: 3 };
    const hovered = () =>
      editor.connection.sendRequest(HoverRequest.type, {
        textDocument: { uri: uriOf(path) },
        position,
      });
    expect(await hovered()).toBeNull();
    const found = await editor.change(path, long.slice(text.length), '');
    expect(found.map(({ code }) => code)).not.toContain('limit');
    expect(await hovered()).not.toBeNull();
  }));

test('an unsaved file is linted too', () =>
  inSession({}, async (editor) => {
    expect(await isRefused(editor, '/nonexistent')).toBe(false);
  }));

test('the server ends with its editor', async () => {
  const child = spawn(launcher, ['lsp', '--stdio'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const closed = once(child, 'close');
  child.stdin.end();
  // The protocol demands 1 without a request to shut down.
  expect((await closed)[0]).toBe(1);
});
