import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningRegistry } from '../../worker/node.ts';
import { command } from '../command.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { aaRegistry, scratch, startHere } from './cli.ts';

describe('webhooks from the command line', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let registry: RunningRegistry;
  let receiver: Receiver;

  beforeAll(async () => {
    folder = await scratch();
    receiver = await startReceiver();
    registry = await startHere(join(folder.path, 'data'), { webhookNetworks: ['127.0.0.1'] });
    await run('team', 'create', 'library');
  });
  afterAll(async () => {
    await registry.close();
    receiver.close();
    await folder.clean();
  });

  const run = (...args: string[]) =>
    aaRegistry(args, { env: { AA_REGISTRY: registry.url, AA_TOKEN: registry.adminToken } });

  test('add, test, list, deliveries, remove', async () => {
    expect((await run('webhook', 'list', 'library')).stderr).toContain('no webhooks');
    const added = await run('webhook', 'add', 'library', receiver.url);
    expect(added.code, added.stderr).toBe(0);
    expect(added.stdout).toMatch(/^whsec_\S+\n$/);
    expect(added.stderr).toContain('Added webhook 1');

    const tested = await run('webhook', 'test', 'library', '1');
    expect(tested.stdout).toMatch(/^Delivered msg_[0-9a-f]{32}: the response was 204\.\n$/);
    expect(tested.code).toBe(0);
    const [{ body = '', headers = {} } = {}] = receiver.received;
    new Verifier(added.stdout.trim()).verify(body, headers as Record<string, string>);

    expect((await run('webhook', 'list', 'library')).stdout).toContain(receiver.url);
    receiver.respond = (response) => response.writeHead(500).end();
    const failed = await run('webhook', 'test', 'library', '1');
    expect(failed).toMatchObject({ code: 1, stdout: 'Not delivered: HTTP status 500.\n' });
    const lines = (await run('webhook', 'deliveries', 'library', '1')).stdout.trim().split('\n');
    expect(lines[1]).toMatch(/webhook\.test +gave-up +1 +HTTP status 500$/);
    expect(lines[2]).toMatch(/webhook\.test +delivered +1$/);

    expect((await run('webhook', 'remove', 'library', '1')).code).toBe(0);
    const gone = await run('webhook', 'test', 'library', '1');
    expect(gone.stderr).toContain('Team library has no webhook 1.');
    expect(gone.code).toBe(1);
  });

  test.each([
    [['webhook', 'add', 'library', 'https://10.0.0.1/'], 1, 'its address is not public'],
    [['webhook', 'add', 'none', 'https://8.8.8.8/'], 1, 'Team none does not exist'],
    [['webhook', 'add', 'library'], 2, 'requires TEAM URL'],
    [['webhook', 'remove', 'library', 'x'], 2, 'is not a webhook id'],
    [['webhook', 'deliveries', 'library', '1', '--limit', '0'], 2, '--limit takes'],
    [['webhook'], 2, 'requires a subcommand'],
  ])('%j exits with %i', async (args, code, message) => {
    const outcome = await run(...args);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
  });

  test('quota shows and changes a team’s quota', async () => {
    const shown = await run('team', 'quota', 'library');
    expect(shown.stdout).toContain('profiles  0 of 10,000');
    const changed = await run('team', 'quota', 'library', '--profiles', '5', '--bytes', '1000');
    expect(changed.stdout).toContain('profiles  0 of 5\n');
    expect(changed.stdout).toContain('bytes     0 of 1,000\n');
    const back = await run('team', 'quota', 'library', '--profiles', 'default');
    expect(back.stdout).toContain('profiles  0 of 10,000');
    expect((await run('team', 'quota', 'library', '--profiles', 'many')).code).toBe(2);
  });
});

test('texts of a hostile registry can’t imitate lines of the output', async () => {
  const time = '2026-01-01T00:00:00.000Z';
  const forged = 'no route\nDelivered msg_1: the response was 204.';
  const delivery = {
    ...{ id: 1, messageId: 'msg_1', kind: 'test', payload: '{}', state: 'gave-up', attempts: 1 },
    ...{ createdAt: time, nextAttemptAt: null, lastAttemptAt: time, lastStatus: null },
    lastError: forged,
  };
  const publisher = {
    ...{ id: 1, issuer: 'https://ci.test', repository: forged, branch: forged },
    ...{ environment: null, profile: null, createdAt: time, bound: false },
  };
  const server = createServer((request, response) => {
    response.end(JSON.stringify(request.url?.includes('webhooks') ? delivery : publisher));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const env = { AA_REGISTRY: `http://127.0.0.1:${port}`, AA_TOKEN: 'aar_x' };
  try {
    for (const args of [
      ['webhook', 'test', 'library', '1'],
      ['publisher', 'add', 'library', '--github', 'a/b'],
    ]) {
      const { lines, output } = await command(args, env);
      expect(output).toContain('no route');
      expect(lines).toHaveLength(1);
      expect(lines[0]).not.toContain('\n');
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
