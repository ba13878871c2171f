import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxShown } from '../../cli/terminal/report.ts';
import { command } from '../command.ts';

/** The maximum output for one file, in bytes: each diagnostic is less than 3 KiB. */
const maxOutput = (maxShown + 1) * 3 * 1024;

const inputs: Record<string, string> = {
  'unclosed blocks': '{'.repeat(250_000),
  'unclosed blocks with wide characters': '{\u{1f512}'.repeat(80_000),
  'long words on one line': `profile p { ${`${'x'.repeat(2000)} `.repeat(120)} }`,
  'long words on many lines': `profile p {\n${`mount options=${'é'.repeat(1000)},\n`.repeat(200)}}\n`,
  'rules that no release has': `profile p {\n${'capability nothing,\n'.repeat(12_000)}}\n`,
  'advice of every kind': `profile p {\n${'/** rw,\n/bin/* ux,\n/tmp/a[^b] r,\n'.repeat(3000)}}\n`,
};

describe('the output about one file is bounded', { timeout: 60_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    for (const [name, text] of Object.entries(inputs)) await writeFile(join(folder, name), text);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const commands = [
    ['lint'],
    ['lint', '--format', 'json'],
    ['lint', '--format', 'sarif'],
    ['check'],
    ['check', '--format', 'json'],
    ['fmt', '--check'],
    ['fmt', '--check', '--format', 'json'],
  ];
  test.each(
    Object.keys(inputs).flatMap((name) =>
      commands.map((args) => [args.join(' '), name, args] as const),
    ),
  )('%s of %s', async (_, name, args) => {
    const { code, stdout, output } = await command([...args, join(folder, name)]);
    expect(Buffer.byteLength(output)).toBeLessThan(maxOutput);
    for (const line of output.split('\n')) {
      if (!/^[{[]/.test(line)) expect([...line].length).toBeLessThan(600 + folder.length);
    }
    if (args.includes('json') && stdout !== '') {
      const { diagnostics, omitted } = JSON.parse(stdout);
      expect(diagnostics.length).toBeLessThanOrEqual(maxShown);
      expect(omitted).toBeGreaterThanOrEqual(0);
      if (code === 1 && diagnostics.length === maxShown) expect(omitted).toBeGreaterThan(0);
    }
    if (args.includes('sarif')) {
      const [{ results, properties }] = JSON.parse(stdout).runs;
      expect(results.length).toBeLessThanOrEqual(maxShown);
      if (results.length === maxShown) expect(properties.omitted).toBeGreaterThan(0);
    }
    if (args.join() === 'lint' || args.join() === 'check') {
      const shown = output.match(/: (?:error|warning|info): /g)?.length ?? 0;
      if (shown === maxShown) expect(output).toMatch(/\n… and [1-9]\d* more\n/);
      expect(shown).toBeLessThanOrEqual(maxShown);
    }
  });

  test('many diagnostics of one id do not hide those of another', async () => {
    const path = join(folder, 'mixed');
    const text = `profile p {\n${'capability nothing,\n'.repeat(500)}network nothing,\nset rlimit nothing <= 1,\n}\n`;
    await writeFile(path, text);
    const { stdout } = await command(['check', '--format', 'json', path]);
    const { diagnostics, omitted } = JSON.parse(stdout);
    expect(diagnostics).toHaveLength(maxShown);
    expect(diagnostics.length + omitted).toBeGreaterThan(500);
    expect(new Set(diagnostics.map(({ id }: { id: string }) => id)).size).toBeGreaterThan(2);
    const lines = diagnostics.map(({ line }: { line: number }) => line);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });
});
