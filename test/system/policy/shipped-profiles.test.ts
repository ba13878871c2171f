// The variants of the shipped packages for newer releases, with the base policy and the parser of Debian's AppArmor.
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lint } from '../../../policy/index.ts';
import { fileResolver } from '../../../sdk/host/includes.ts';
import { readProfileFiles } from '../../../sdk/profile-file.ts';
import { variantFor } from '../../../trust/index.ts';
import { debian13 } from '../kernel/guests.ts';
import { missing } from '../kernel/packages.ts';
import { parserOf } from './debian-parser.ts';

const lacks = await missing(debian13);
const folder = join(import.meta.dirname, '../../../profiles');
const packages = await readdir(folder);

const targets = await Promise.all(
  [['4.1', 'trixie'] as const, ['5.0', 'sid'] as const].map(async ([target, suite]) => {
    if (lacks.length > 0) return { target, skipped: lacks.join(', ') };
    const parser = await parserOf(suite);
    const isIts = parser.version.startsWith(`${target}.`);
    return { target, parser, skipped: isIts ? '' : `Debian ${suite} has ${parser.version}` };
  }),
);

describe.each(targets)('with AppArmor $target', ({ target, parser, skipped }) => {
  test.skipIf(skipped !== '').each(packages)(
    `%s is graded A and compiles${skipped && ` (skipped: ${skipped})`}`,
    async (name) => {
      if (!parser) throw new Error('the parser is there');
      const files = await readProfileFiles(join(folder, name));
      const variants = files.flatMap(({ variant }) => variant ?? []);
      const file = files[variants.length > 0 ? variantFor(variants, target) : 0];
      if (!file) throw new Error(`no variant is for ${target}`);
      const resolver = fileResolver({ base: parser.base });
      const options = { ...file.package, target, targetBase: true, resolver };
      const { diagnostics } = lint(file.text, options);
      expect(diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
      const [program = '', ...fixed] = parser.command;
      const args = [...fixed, '-Q', '-K', '-S', '--kernel-features', parser.features];
      const compiled = spawnSync('prlimit', ['--as=2147483648', '--cpu=60', program, ...args], {
        input: file.text,
        maxBuffer: 1 << 26,
      });
      expect(compiled.status, String(compiled.stderr)).toBe(0);
      expect(compiled.stdout.length).toBeGreaterThan(1000);
    },
  );
});
