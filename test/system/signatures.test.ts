import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { endorse, generateKeyPair } from '../../trust/index.ts';
import { startRegistry } from '../../worker/node.ts';
import { createPublisher, expectStatus, profileText, publish, send } from '../publisher.ts';
import type { TestRegistry } from '../runtimes.ts';

const missing = ['/usr/bin/curl', '/usr/bin/jq', '/usr/bin/openssl'].filter(
  (path) => !existsSync(path),
);
const reason = missing.length > 0 ? ` (skipped: no ${missing.join(', ')})` : '';

test.skipIf(missing.length > 0)(
  `the commands in docs/signatures.md verify an envelope, and no other${reason}`,
  async () => {
    const page = await readFile(new URL('../../docs/signatures.md', import.meta.url), 'utf8');
    const script = /```sh\n([\s\S]*?)```/.exec(page)?.[1];
    if (script === undefined) throw new Error('the page has no commands');
    const folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    const running = await startRegistry({ data: join(folder, 'data'), host: '127.0.0.1', port: 0 });
    // Run by sh without options, like a reader would.
    const run = (commands: string, env: NodeJS.ProcessEnv = {}) =>
      promisify(execFile)('sh', ['-c', commands], {
        cwd: folder,
        env: { PATH: process.env.PATH, REGISTRY: running.url, ...env },
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
      const { keyId } = team.key.publicKey;
      expect(stdout).toContain(`signed with ${keyId}\n`);
      await run(script, { KEY_ID: keyId });
      const harmed: [from: string, to: string][] = [
        ['# The signature over it.', 'echo >> message'],
        ['# The statement names', 'echo >> profile #'],
        ['# The statement names', 'echo "{}" > payload #'],
        ['test "$key_id" =', 'test "$key_id"x ='],
        ['.version == "1.0.0"', '.version == "2.0.0"'],
        ['.name == "docker-nginx"', '.name == "docker-apache"'],
      ];
      for (const [from, to] of harmed) {
        expect(script).toContain(from);
        await expect(run(script.replace(from, to)), to).rejects.toThrow();
      }
      await expect(run(script, { KEY_ID: `sha256:${'0'.repeat(64)}` })).rejects.toThrow();

      // Signed by the team's second key, which is not the first in the list.
      const second = await generateKeyPair();
      const endorsement = await endorse('library', second.publicKey, team.key);
      const body = { publicKey: second.publicKey.text, label: 'second', endorsement };
      await expectStatus(201, send(registry, 'POST', '/v1/teams/library/keys', body, team.token));
      const other = { ...draft, name: 'docker-nginx', version: '1.1.0' };
      await expectStatus(201, publish(registry, { ...team, key: second }, other));
      const next = script.replaceAll('1.0.0', '1.1.0');
      expect((await run(next)).stdout).toContain(`signed with ${second.publicKey.keyId}\n`);
      await expect(run(next, { KEY_ID: keyId })).rejects.toThrow();
      // Once it is revoked, its signature does not count.
      const revocation = `/v1/teams/library/keys/${encodeURIComponent(second.publicKey.keyId)}/revocation`;
      await expectStatus(200, send(registry, 'POST', revocation, { reason: 'lost' }, team.token));
      await expect(run(next)).rejects.toThrow();
    } finally {
      await running.close();
      await rm(folder, { recursive: true });
    }
  },
);
