// Profiles that are not UTF-8 are reported once and otherwise checked as usual.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { check, lint } from '../../policy/index.ts';
import { readProfileFile } from '../../sdk/profile-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'not-utf8-'));
const read = (...parts: (string | number)[]) => {
  const path = join(folder, 'profile');
  const bytes = parts.map((one) =>
    typeof one === 'number' ? Buffer.from([one]) : Buffer.from(one, 'utf8'),
  );
  writeFileSync(path, Buffer.concat(bytes));
  return readProfileFile(path);
};
const about = ['raw-byte', 'invisible-character', 'mixed-script', 'malformed-unicode'];
const found = async (...parts: (string | number)[]) => {
  const { text, rawBytes } = await read('profile demo {\n  ', ...parts, '\n}\n');
  return lint(text, { rawBytes })
    .diagnostics.filter(({ id }) => about.includes(id))
    .map(({ id, severity }) => `${id} ${severity}`);
};

test.each([
  [['# Ger', 0xe4, 't\n  /srv/dàta/** r,'], []],
  [['/srv/', 0xe4, ' r, # ', 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf5], []],
  [['# ', 0xe4, '\n  /etc/p\u0430sswd r,'], ['mixed-script info']],
  [['# ', 0xe4, '\n  /srv/a\u00a0b r,'], ['invisible-character error']],
  [['# ', 0xe4, '\n  /srv/日本-\u{1f600}-é r,'], []],
])('%j', async (parts, more) => {
  expect(await found(...parts)).toEqual(['raw-byte warning', ...more]);
});

test('check accepts the file like apparmor_parser', async () => {
  const { text, rawBytes } = await read('profile a {\n  /srv/', 0xe4, '* r,\n}\n');
  const { ok, diagnostics } = check(text, { rawBytes });
  expect({ ok, ids: diagnostics.map(({ id }) => id) }).toEqual({ ok: true, ids: ['raw-byte'] });
  expect(check(text).ok).toBe(false);
});

test('UTF-8 is not reported', async () => {
  expect(await found('/srv/dàta/é r,')).toEqual([]);
});
