// The language by example: test/policy/cases/*.txt contains policies with their expected diagnostics.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check } from '../../policy/index.ts';

const folder = join(import.meta.dirname, 'cases');

for (const name of readdirSync(folder).sort()) {
  describe(name, () => {
    const text = readFileSync(join(folder, name), 'utf8');
    for (const part of text.split(/^--- /m).slice(1)) {
      const end = part.indexOf('\n');
      const [title, expected] = part.slice(0, end).split(' => ') as [string, string];
      test(title, () => {
        const { ok, diagnostics } = check(part.slice(end + 1));
        const found = diagnostics.map(
          ({ id, span }) => `${id} ${span.start.line}:${span.start.column}`,
        );
        expect(found.join(', ') || 'ok').toBe(expected);
        expect(ok).toBe(diagnostics.every((one) => one.severity !== 'error'));
      });
    }
  });
}
