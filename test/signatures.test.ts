import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startRegistry } from '../worker/node.ts';
import { createPublisher, expectStatus, profileText, publish } from './publisher.ts';
import type { TestRegistry } from './runtimes.ts';

const missing = ['/usr/bin/curl', '/usr/bin/jq', '/usr/bin/openssl'].filter(
  (path) => !existsSync(path),
);
const reason = missing.length > 0 ? ` (skipped: no ${missing.join(', ')})` : '';

test.skipIf(missing.length > 0)(
  `the commands in docs/signatures.md verify an envelope, and no other${reason}`,
  async () => {
    const page = await readFile(new URL('../docs/signatures.md', import.meta.url), 'utf8');
    const script = /```sh\n([\s\S]*?)```/.exec(page)?.[1];
    if (script === undefined) throw new Error('the page has no commands');
    const folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    const running = await startRegistry({ data: join(folder, 'data'), host: '127.0.0.1', port: 0 });
    const run = (commands: string) =>
      promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], {
        cwd: folder,
        env: { PATH: process.env.PATH, REGISTRY: running.url },
      });
    try {
      const registry = {
        fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
        adminToken: running.adminToken,
      } as TestRegistry;
      const team = await createPublisher(registry, 'library');
      const draft = { name: 'docker-nginx', version: '1.0.0', text: profileText('docker-nginx') };
      await expectStatus(201, publish(registry, team, draft));

      const { stdout } = await run(script);
      expect(stdout).toContain('Signature Verified Successfully');
      expect(stdout).toContain('"version": "1.0.0"');
      await expect(
        run(script.replace('# The signature over it.', 'echo >> message')),
      ).rejects.toThrow();
      await expect(
        run(script.replace('# The statement is', 'echo >> profile #')),
      ).rejects.toThrow();
    } finally {
      await running.close();
      await rm(folder, { recursive: true });
    }
  },
);
