import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CompletionList,
  CompletionRequest,
  type TextEdit,
} from 'vscode-languageserver-protocol/node';
import { applied, type Editor, startEditor, uriOf } from './editor.ts';

let folder: string;
let path: string;
let editor: Editor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  path = join(folder, 'web');
  for (const name of ['base/abstractions/web.d', 'base/tunables', 'more/abstractions', 'host']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, 'base/abstractions/web'), '');
  await writeFile(join(folder, 'base/abstractions/web.dpkg-old'), '');
  await writeFile(join(folder, 'more/abstractions/own'), '');
  await writeFile(join(folder, 'base/tunables/global'), '@{TOP}=/srv\n');
  await writeFile(join(folder, 'host/plain'), '');
  await writeFile(join(folder, 'host/with blank'), '');
  editor = await startEditor({
    args: ['--base', join(folder, 'base'), '--include', join(folder, 'more')],
  });
});

afterAll(async () => {
  await editor.end();
  await rm(folder, { recursive: true });
});

/** What is offered at the `|` of a text, and the text after each. */
async function completed(marked: string) {
  const offset = marked.indexOf('|');
  const text = marked.replace('|', '');
  await editor.open(path, text);
  const found = (await editor.connection.sendRequest(CompletionRequest.type, {
    textDocument: { uri: uriOf(path) },
    position: editor.document(path).positionAt(offset),
  })) as CompletionList;
  const texts = new Map(
    found.items.map(({ label, textEdit }) => [
      label,
      applied(editor.document(path), [textEdit as TextEdit]),
    ]),
  );
  editor.close(path);
  return { labels: [...texts.keys()], texts, items: found.items };
}

const inProfile = (rule: string) => `profile web {\n  ${rule}\n}\n`;

describe('words', () => {
  test.each<[string, string, string[], string[]]>([
    ['the start of a file', '|', ['profile', 'include', 'abi'], ['capability', 'deny']],
    [
      'the start of a rule',
      inProfile('|'),
      ['capability', 'network', 'deny', 'owner', 'include'],
      ['abi', 'sys_admin'],
    ],
    ['the second rule of a line', inProfile('/a r, |'), ['capability'], ['rw']],
    ['the start of a word', inProfile('cap|'), ['capability'], []],
    [
      'after a qualifier',
      inProfile('audit deny |'),
      ['owner', 'capability'],
      ['audit', 'allow', 'profile'],
    ],
    ['capabilities', inProfile('capability sys_admin net|'), ['net_admin'], ['capability']],
    [
      'capabilities in a second line',
      inProfile('capability sys_admin\n    |'),
      ['net_admin'],
      ['capability'],
    ],
    ['families and types', inProfile('network |'), ['inet', 'stream', 'tcp', 'peer='], ['signal']],
    ['permissions in brackets', inProfile('signal (|'), ['send', 'receive'], ['set=']],
    ['conditions', inProfile('signal (send) |'), ['set=', 'peer='], ['options=']],
    ['a set of signals', inProfile('signal set=(hup, |'), ['term'], ['peer=', 'send']],
    ['mount options', inProfile('mount options in (|'), ['ro', 'nosuid'], ['fstype=']],
    ['a socket type', inProfile('unix type=|'), ['stream', 'dgram'], ['addr=']],
    ['the peer of a socket', inProfile('unix peer=(|'), ['label=', 'addr='], ['type=']],
    ['limits', inProfile('set rlimit |'), ['nofile'], ['capability']],
    [
      'access modes',
      inProfile('/usr/bin/tool |'),
      ['r', 'rw', 'Px', 'pix', 'ux', 'ix'],
      ['capability'],
    ],
    [
      'access modes after a quoted path',
      inProfile('owner "/a b/c" r|'),
      ['r', 'rw'],
      ['capability'],
    ],
    ['flags', 'profile web flags=(|', ['complain', 'attach_disconnected'], ['capability']],
    [
      'profiles to run under',
      'profile helper {\n}\nprofile web {\n  profile child {\n  }\n  /a Px -> |\n}\n',
      ['helper', 'web//child'],
      ['rw'],
    ],
    [
      'children to run under',
      'profile helper {\n}\nprofile web {\n  profile child {\n  }\n  /a Cx -> |\n}\n',
      ['child'],
      ['helper'],
    ],
    ['peers', 'profile helper {\n}\nprofile web {\n  signal peer=|\n}\n', ['helper'], ['set=']],
    [
      'ids after lint-ignore',
      inProfile('network, # lint-ignore bare|'),
      ['bare-network'],
      ['secret'],
    ],
    ['comments', inProfile('# cap|'), [], ['capability']],
  ])('%s', async (_, text, offered, others) => {
    const { labels } = await completed(text);
    expect(labels).toEqual(expect.arrayContaining(offered));
    for (const one of others) expect(labels).not.toContain(one);
  });

  test('an abstraction has rules without a profile', async () => {
    path = join(folder, 'base/abstractions/web');
    expect((await completed('|')).labels).toContain('capability');
    path = join(folder, 'web');
  });

  test('a capability comes with its meaning', async () => {
    const { items } = await completed(inProfile('capability net_ad|'));
    expect(items.find(({ label }) => label === 'net_admin')?.detail).toMatch(/routes/);
  });
});

describe('names of this machine', () => {
  test('files to include', async () => {
    const { labels, texts } = await completed(inProfile('include <abstractions/|>'));
    expect(labels.sort()).toEqual(['abstractions/own', 'abstractions/web', 'abstractions/web.d/']);
    expect(texts.get('abstractions/own')).toBe(inProfile('include <abstractions/own>'));
    expect((await completed('include <tun|')).labels).toEqual(['tunables/']);
    expect((await completed('include if exists "ba|"')).labels).toEqual(['base/']);
  });

  test('variables, those of included files too', async () => {
    const text = 'include <tunables/global>\n@{OWN}=/🦀\nprofile web {\n  "/🦀/@{|}/x" r,\n}\n';
    const { labels, texts } = await completed(text);
    expect(labels.sort()).toEqual(['@{OWN}', '@{TOP}']);
    expect(texts.get('@{TOP}')).toBe(text.replace('@{|}', '@{TOP}'));
  });

  test('paths, unless they need quotes', async () => {
    const { labels, texts } = await completed(inProfile(`${folder}/host/p| r,`));
    expect(labels).toEqual([`${folder}/host/plain`]);
    expect([...texts.values()]).toEqual([inProfile(`${folder}/host/plain r,`)]);
    expect((await completed(inProfile(`${folder}/host/|`))).labels).toEqual([
      `${folder}/host/plain`,
    ]);
    expect((await completed(inProfile(`${folder}/*/|`))).labels).toEqual([]);
  });

  test('the names of a large folder are bounded', async () => {
    const many = join(folder, 'many');
    await mkdir(many);
    const names = Array.from({ length: 1200 }, (_, at) => `n${at}`);
    await Promise.all(names.map((name) => writeFile(join(many, name), '')));
    const { labels } = await completed(inProfile(`${many}/|`));
    expect(labels.length).toBe(1000);
  });
});
