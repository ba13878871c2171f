import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HoverRequest, type MarkupContent } from 'vscode-languageserver-protocol/node';
import { capabilities, capabilityMeanings } from '../../../policy/index.ts';
import { type Editor, startEditor, textAt, uriOf } from './editor.ts';

let folder: string;
let editor: Editor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  await mkdir(join(folder, 'abstractions'));
  await mkdir(join(folder, 'tunables'));
  await writeFile(join(folder, 'abstractions/web'), '# For the web.\n/var/www/** r,\n');
  await writeFile(join(folder, 'tunables/global'), '@{TOP}=/srv /data\n@{SUB}=@{TOP}/a\n');
  editor = await startEditor({ args: ['--base', folder] });
});

afterAll(async () => {
  await editor.end();
  await rm(folder, { recursive: true });
});

const text = `abi <abi/3.0>,
include <tunables/global>
profile web /usr/bin/web {
  include <abstractions/web>
  include <abstractions/none>
  /etc/shadow r,
  deny /etc/shadow w,
  "/srv/🦀" r, capability sys_admin net_admin,
  owner @{SUB}/** rw,
  @{NONE}/x r,
  userns,
  network inet stream, # lint-ignore bare-network container-attachment: because
  /usr/bin/tool Cx -> tool,
  set rlimit nofile <= 3,
  profile tool {
  }
}
`;

/** What is shown in the middle of a text, and for which range. */
async function hoverOn(part: string): Promise<{ value: string; range: string } | undefined> {
  const path = join(folder, 'web');
  const document = editor.document(path);
  const position = document.positionAt(text.indexOf(part) + Math.floor(part.length / 2));
  const found = await editor.connection.sendRequest(HoverRequest.type, {
    textDocument: { uri: uriOf(path) },
    position,
  });
  if (!found) return undefined;
  const { value } = found.contents as MarkupContent;
  return { value, range: found.range ? textAt(document, found.range) : '' };
}

/** What is shown at a position of an open file. */
async function hoverAt(path: string, position: { line: number; character: number }) {
  const textDocument = { uri: uriOf(path) };
  const found = await editor.connection.sendRequest(HoverRequest.type, { textDocument, position });
  return found ? (found.contents as MarkupContent).value : '';
}

test.each([
  [
    'a rule',
    '/etc/shadow r',
    '/etc/shadow r,',
    [/It permits:/, /high: Reads secrets: .*password hashes/],
  ],
  ['a deny rule', 'deny /etc', 'deny /etc/shadow w,', [/It denies:/, /\/etc\/shadow/]],
  ['a path after one outside of the BMP', '"/srv/🦀" r', '"/srv/🦀" r,', [/Reads other files/]],
  ['a capability', 'sys_admin', 'sys_admin', [/CAP_SYS_ADMIN\*\*: mount/]],
  ['another capability', 'net_admin', 'net_admin', [/CAP_NET_ADMIN/]],
  ['a variable', '@{SUB}', '@{SUB}', [/@\{TOP\}\/a/, /\/srv\/a\n\/data\/a/]],
  ['a rule with a variable', '** rw', 'owner @{SUB}/** rw,', [/its own/]],
  ['an unknown variable', '@{NONE}', '@{NONE}', [/not declared/]],
  ['what the abi leaves out', 'userns', 'userns,', [/no effect/]],
  ['a missing include', 'abstractions/none', 'include <abstractions/none>', [/not found/]],
  [
    'an include',
    'abstractions/web',
    'include <abstractions/web>',
    [/For the web/, /abstractions\/web `/],
  ],
  ['a suppressed id', 'bare-network', 'bare-network', [/^\*\*bare-network\*\* \(warning\)/]],
  ['a child', 'Cx -> tool', '/usr/bin/tool Cx -> tool,', [/under another profile/]],
  ['a limit', 'rlimit nofile', 'set rlimit nofile <= 3,', [/set rlimit nofile <= 3/]],
])('%s', async (_, part, range, patterns) => {
  const path = join(folder, 'web');
  await editor.open(path, text);
  const found = await hoverOn(part);
  expect(found?.range).toBe(range);
  for (const pattern of patterns) expect(found?.value).toMatch(pattern);
  editor.close(path);
});

test('nothing is shown where there is nothing to say', async () => {
  const path = join(folder, 'web');
  await editor.open(path, text);
  expect(await hoverOn('because')).toBeUndefined();
  expect(await hoverOn('profile tool')).toBeUndefined();
  editor.close(path);
});

test('what is shown is bounded, and no markup of the policy counts', async () => {
  const path = join(folder, 'web');
  const long = `profile web {\n  "/srv/\`\`\`\`*x*${'y'.repeat(100_000)}" r,\n}\n`;
  await editor.open(path, long);
  const value = await hoverAt(path, { line: 1, character: 4 });
  expect(value.length).toBeLessThan(20_000);
  expect(value).toMatch(/^`{5}apparmor\n.*…\n`{5}\n\nNot all of it is known: /s);
  editor.close(path);
});

test.each([
  ['a missing include', 'x` ![y](https://example.org/y.png) `z'],
  ['a present include', 'a`![y](https:'],
])('the path of %s is no markup', async (_, name) => {
  const path = join(folder, 'web');
  await writeFile(join(folder, 'a`![y](https:'), '# Present.\n');
  await editor.open(path, `include "${name}"\n`);
  const found = await hoverAt(path, { line: 0, character: 12 });
  // Within a longer fence than the text has.
  expect(found).toMatch(/^`` /);
  expect(found).toContain(`${name} \`\``);
  editor.close(path);
});

test('every capability has a meaning', () => {
  expect(Object.keys(capabilityMeanings)).toEqual(capabilities);
  // linux/capability.h numbers them: CAP_CHOWN is the first, CAP_CHECKPOINT_RESTORE the last.
  expect(capabilities.indexOf('chown')).toBe(0);
  expect(capabilities.indexOf('checkpoint_restore')).toBe(40);
});
