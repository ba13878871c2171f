import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DiagnosticSeverity,
  DidChangeConfigurationNotification,
  DidSaveTextDocumentNotification,
  ShowMessageNotification,
} from 'vscode-languageserver-protocol/node';
import { aaRegistry } from '../../cli/cli.ts';
import { type Editor, startEditor, textAt, uriOf } from './editor.ts';

let folder: string;
let base: string;
let editor: Editor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  base = join(folder, 'base');
  await mkdir(join(base, 'abstractions'), { recursive: true });
  await writeFile(join(base, 'abstractions/base'), '/dev/null rw,\n');
  editor = await startEditor({ args: ['--base', base] });
});

afterAll(async () => {
  await editor.end();
  await rm(folder, { recursive: true });
});

const severities = { error: 1, warning: 2, info: 3 } as const;

/** What `lint --format json` says about a text, with ranges as an editor has them if each line is ASCII. */
async function linted(text: string) {
  const args = ['lint', '--base', base, '--format', 'json', '-'];
  const { stdout } = await aaRegistry(args, { input: text });
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: {
      id: string;
      severity: keyof typeof severities;
      line: number;
      column: number;
      endLine: number;
      endColumn: number;
    }[];
  };
  return diagnostics.map(({ id, severity, line, column, endLine, endColumn }) => ({
    code: id,
    severity: severities[severity],
    range: {
      start: { line: line - 1, character: column - 1 },
      end: { line: endLine - 1, character: endColumn - 1 },
    },
  }));
}

const texts: [what: string, text: string][] = [
  ['lint rules', 'profile web {\n  include <abstractions/base>\n  network,\n  capability,\n}\n'],
  ['syntax errors', 'profile web {\n  /srv/** rq,\n  capabilty chown,\n'],
  ['checks', 'profile web {\n  /srv/@{NOWHERE}/** r,\n}\nprofile web {\n}\n'],
  ['tabs and Windows line ends', 'profile web {\r\n\t/srv/** rq,\r\n\tnetwork,\r\n}\r\n'],
  ['suppressions', 'profile web {\n  network, # lint-ignore bare-network: a scanner\n}\n'],
  ['nothing', ''],
];

describe('diagnostics are those of lint', () => {
  test.each(texts)('%s', async (_, text) => {
    const path = join(folder, 'web');
    const found = await editor.open(path, text);
    editor.close(path);
    expect(found.map(({ code, severity, range }) => ({ code, severity, range }))).toEqual(
      await linted(text),
    );
    for (const { source, data, code } of found) {
      expect(source).toBe('aa-registry');
      expect(data).toEqual({ explain: `aa-registry explain ${code}` });
    }
  });
});

test('ranges are in UTF-16 units', async () => {
  const path = join(folder, 'web');
  const text = 'profile web {\n  "/srv/🦀\t🦀/é" rq,\n}\n';
  const found = await editor.open(path, text);
  const mode = found.find(({ code }) => code === 'file-permissions');
  expect(mode && textAt(editor.document(path), mode.range)).toBe('q');
  expect(mode?.range.start.character).toBe(text.split('\n')[1]?.indexOf('q'));
  editor.close(path);
});

test('changes are linted as they are typed', async () => {
  const path = join(folder, 'web');
  const codes = (found: { code?: unknown }[]) => found.map(({ code }) => code);
  expect(codes(await editor.open(path, 'profile web {\n  capability chwon,\n}\n'))).toContain(
    'capability-name',
  );
  expect(codes(await editor.change(path, 'chwon', '🦀'))).toContain('capability-name');
  expect(codes(await editor.change(path, '🦀', 'chown'))).not.toContain('capability-name');
  editor.close(path);
});

test('includes are read from the folder of the file, and again when a file was saved', async () => {
  const path = join(folder, 'web');
  const text = 'profile web {\n  include "more"\n}\n';
  const codes = (found: { code?: unknown }[]) => found.map(({ code }) => code);
  expect(codes(await editor.open(path, text))).toContain('missing-include');
  await writeFile(join(folder, 'more'), '/srv/** rq,\n');
  await editor.connection.sendNotification(DidSaveTextDocumentNotification.type, {
    textDocument: { uri: uriOf(path) },
  });
  const found = await editor.diagnostics(path);
  const included = found.find(({ code }) => code === 'file-permissions');
  // At the include that leads to it, with the place itself.
  expect(included && textAt(editor.document(path), included.range)).toBe('"more"');
  const [related] = included?.relatedInformation ?? [];
  expect(related?.location).toEqual({
    uri: uriOf(join(folder, 'more')),
    range: { start: { line: 0, character: 9 }, end: { line: 0, character: 10 } },
  });
  editor.close(path);
});

test('a file of a package is linted with its manifest', async () => {
  const inPackage = join(folder, 'package');
  const { code } = await aaRegistry(['init', inPackage]);
  expect(code).toBe(0);
  const path = join(inPackage, 'package');
  const found = await editor.open(path, 'profile other {\n}\n');
  expect(found.map(({ code }) => code)).toContain('package-name');
  editor.close(path);
});

test('an abstraction is the body of a profile', async () => {
  const path = join(base, 'abstractions/base');
  const found = await editor.open(path, '/dev/null rw,\n');
  expect(found.filter(({ severity }) => severity === DiagnosticSeverity.Error)).toEqual([]);
  editor.close(path);
});

test('the target release is a setting', async () => {
  const path = join(folder, 'web');
  const text = 'profile web {\n  userns,\n}\n';
  const errors = (found: { severity?: number; code?: unknown }[]) =>
    found.filter(({ severity }) => severity === 1).map(({ code }) => code);
  expect(errors(await editor.open(path, text))).toEqual([]);
  const configure = async (settings: unknown) => {
    await editor.connection.sendNotification(DidChangeConfigurationNotification.type, { settings });
    return errors(await editor.diagnostics(path));
  };
  expect(await configure({ 'aa-registry': { target: '3.0' } })).toEqual(['target']);
  // An invalid setting is reported and ignored.
  const shown = new Promise<string>((resolve) =>
    editor.connection.onNotification(ShowMessageNotification.type, ({ message }) =>
      resolve(message),
    ),
  );
  expect(await configure({ 'aa-registry': { target: '1.0' } })).toEqual([]);
  expect(await shown).toMatch(/aa-registry\.target/);
  editor.close(path);
});

test('a hostile file has diagnostics, and others are still served', async () => {
  const hostile: [string, string][] = [
    ['nested', 'profile a { '.repeat(20_000)],
    ['huge', `profile web {\n${'  /srv/*/{a,b}*c/** r,\n'.repeat(60_000)}}\n`],
    ['greedy', 'profile web {\n  include "/usr/bin"\n}\n'],
    ['bytes', '\0\u{d800}\ufeff{{{@{'],
  ];
  for (const [name, text] of hostile) {
    const found = await editor.open(join(folder, name), text);
    expect(found.length, name).toBeGreaterThan(0);
  }
  const found = await editor.open(join(folder, 'web'), 'profile web {\n  network,\n}\n');
  expect(found.map(({ code }) => code)).toContain('bare-network');
});
