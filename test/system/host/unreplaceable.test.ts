import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../command.ts';
import { type Fixture, filesOf, startFixture, succeed } from '../../host/fixture.ts';
import { expectStatus, manifest, publish } from '../../publisher.ts';

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)('a file that can’t be replaced (only root can make one)', () => {
  let fixture: Fixture;

  beforeAll(async () => {
    fixture = await startFixture();
    const { registry, team } = fixture;
    for (const [version, range] of [
      ['1.0.0', '^1'],
      ['1.1.0', '^1.1'],
    ]) {
      const base = {
        ...{
          name: 'base',
          version: version ?? '',
          text: `abi <abi/3.0>,\n\n/srv/${version}/** r,\n`,
        },
        manifest: { ...manifest, images: [], kind: 'abstraction' as const },
      };
      const web = {
        ...{ name: 'web', version: version ?? '' },
        text: [
          'abi <abi/3.0>,',
          '',
          'profile web flags=(attach_disconnected) {',
          '  include <abstractions/aa-registry/library/base>',
          `  /srv/web/${version}/** r,`,
          '  /usr/bin/web ix,',
          '}',
          '',
        ].join('\n'),
        manifest: { ...manifest, dependencies: { 'library/base': range ?? '' } },
      };
      for (const draft of [base, web]) await expectStatus(201, publish(registry, team, draft));
    }
  });
  afterAll(() => fixture.close());

  test.each<[what: string, make: (file: string) => string[], undo: (file: string) => string[]]>([
    ['immutable', (file) => ['chattr', '+i', file], (file) => ['chattr', '-i', file]],
    ['append-only', (file) => ['chattr', '+a', file], (file) => ['chattr', '-a', file]],
    [
      'mounted',
      (file) => ['mount', '--bind', join(file, '../../../copy'), file],
      (file) => ['umount', file],
    ],
  ])('stops a change of it and the abstraction that it includes: %s', async (_, make, undo) => {
    const root = await fixture.host();
    await succeed(['pull', 'base@1.0.0', 'web@1.0.0', '--root', root]);
    const file = join(root, 'etc/apparmor.d/aa-registry.library.web');
    const abstraction = 'etc/apparmor.d/abstractions/aa-registry/library/base';
    const before = await filesOf(root);
    await writeFile(join(root, 'copy'), before['etc/apparmor.d/aa-registry.library.web'] ?? '');
    const [program = '', ...args] = make(file);
    execFileSync(program, args);
    try {
      const refused = await command(['pull', 'web', '--root', root]);
      expect(refused.code, refused.output).toBe(1);
      expect(refused.output).toContain(`${file} can't be replaced`);
      const after = await filesOf(root);
      expect(after[abstraction]).toBe(before[abstraction]);
      expect(Object.keys(after).filter((name) => /pending\/|\.tmp$/.test(name))).toEqual([]);
    } finally {
      const [program = '', ...args] = undo(file);
      execFileSync(program, args);
    }
    await succeed(['pull', 'web', '--root', root]);
    expect((await filesOf(root))[abstraction]).toContain('/srv/1.1.0/');
  });
});
