// Formatting a file does not change what apparmor_parser compiles from it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { format } from '../../../policy/index.ts';
import { cases, corpus } from '../../../scripts/conformance.ts';
import { findParser } from '../../../sdk/host/parser.ts';

const here = existsSync(corpus);
const parser = await findParser();
const folder = mkdtempSync(join(tmpdir(), 'aa-format-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The compiled policy; undefined if Debian's parser refuses it. */
function compile(path: string, options: string[] = []): Buffer | undefined {
  const result = spawnSync(
    'prlimit',
    [
      `--as=${512 << 20}`,
      'timeout',
      '10',
      parser ?? 'apparmor_parser',
      '-Q',
      '-K',
      '-S',
      ...options,
      path,
    ],
    { maxBuffer: 1 << 28, cwd: here ? join(corpus, 'parser-tests/tst') : folder },
  );
  return result.status === 0 ? result.stdout : undefined;
}

describe('compiled by Debian’s apparmor_parser', () => {
  const hostFolders = ['/etc/apparmor.d', '/usr/share/apparmor/extra-profiles'].filter((path) =>
    existsSync(path),
  );
  const files = [
    ...hostFolders.flatMap((path) =>
      readdirSync(path, { withFileTypes: true })
        .filter((one, index) => one.isFile() && one.name !== 'README' && index % 2 === 0)
        .map((one) => ({ path: join(path, one.name), options: [] as string[] })),
    ),
    ...(here
      ? cases()
          .filter((one, index) => one.part === 'hand-written' && one.expected && index % 10 === 0)
          .map((one) => ({
            path: one.path,
            options: ['-b', join(corpus, 'parser-tests/tst/simple_tests')],
          }))
      : []),
  ];
  test.skipIf(!parser)(
    `formatting does not change the compiled policy${parser ? '' : ' (skipped: no apparmor_parser)'}`,
    () => {
      let compared = 0;
      for (const { path, options } of files) {
        const before = compile(path, options);
        if (!before) continue;
        const copy = join(folder, 'formatted');
        writeFileSync(copy, format(readFileSync(path, 'utf8')).text);
        const after = compile(copy, options);
        expect({ path, same: after?.equals(before) }).toEqual({ path, same: true });
        compared++;
      }
      if (hostFolders.length > 1) expect(compared).toBeGreaterThan(50);
    },
    300_000,
  );
});
