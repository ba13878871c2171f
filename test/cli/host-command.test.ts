import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostCommand } from '../../sdk/host-command.ts';
import { scratch } from './cli.ts';

const nobody = 65534;
const isRoot = process.getuid?.() === 0;

describe('the command that a hint names', () => {
  let folder: string;
  let clean: () => Promise<void>;
  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    await chmod(folder, 0o755);
    for (const name of ['mine', 'other', 'my root']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'mine/trust.toml'), '');
    if (!isRoot) return;
    for (const name of ['mine', 'my root', 'mine/trust.toml'])
      await chown(join(folder, name), nobody, nobody);
  });
  afterAll(() => clean());

  test.each<[words: string, root: string | undefined, trust: string | undefined, command: string]>([
    ['pull web', undefined, undefined, 'sudo aa-registry pull web'],
    ['pull web', '/', undefined, 'sudo aa-registry pull web'],
    ['pull web', 'AT/mine', undefined, 'aa-registry pull web --root AT/mine'],
    ['pull web', 'AT/my root', undefined, "aa-registry pull web --root 'AT/my root'"],
    [
      'trust add a',
      '/',
      'AT/mine/trust.toml',
      'aa-registry trust add a --trust AT/mine/trust.toml',
    ],
    ['trust init a', '/', 'AT/mine/new.toml', 'aa-registry trust init a --trust AT/mine/new.toml'],
    ['pull web', '/', 'AT/mine/trust.toml', 'sudo aa-registry pull web --trust AT/mine/trust.toml'],
    ...(isRoot
      ? [['pull web', 'AT/other', undefined, 'sudo aa-registry pull web --root AT/other'] as const]
      : []),
  ] as never)('%s for root %s and trust file %s', (words, root, trust, expected) => {
    const place = (text: string | undefined) => text?.replaceAll('AT', folder);
    const options = JSON.stringify({ root: place(root), trust: place(trust) });
    // As an unprivileged user, even if root runs the tests.
    const code = `import { hostCommand } from ${JSON.stringify(join(import.meta.dirname, '../../sdk/host-command.ts'))};
      ${isRoot ? `process.setgid(${nobody}); process.setuid(${nobody});` : ''}
      process.stdout.write(hostCommand(${JSON.stringify(words)}, ${options}));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
    });
    expect(stdout, stderr).toBe(place(expected));
  });

  test.runIf(isRoot)('has no sudo for root', () => {
    expect(hostCommand('pull web')).toBe('aa-registry pull web');
  });
});
