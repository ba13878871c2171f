import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

test('the demo publishes and pulls, and exits successfully', async () => {
  const script = join(root, 'scripts/demo.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--exit'], { cwd: root });
  expect(stdout).toContain('Published library/docker-default@1.0.0');
  expect(stdout).toContain('Published library/docker-nginx@1.0.0');
  expect(stdout).toContain('docker run --security-opt apparmor=docker-nginx');
  expect(stdout).toContain('Every step succeeded.');
  expect(stdout).not.toMatch(/aar_[A-Za-z0-9_-]{20}/);
});
