import { describe, expect, test } from 'vitest';
import { createClient } from '../../sdk/client.ts';

const digest = `sha256:${'a'.repeat(64)}`;

/** A client of a registry whose lists never end: each page has `items` and another cursor. */
function endless(items: unknown[]) {
  let requests = 0;
  const fetch = async () => {
    requests++;
    return Response.json({ items, next: `page${requests}` });
  };
  return {
    client: createClient({ registry: 'http://registry.test', fetch }),
    asked: () => requests,
  };
}

function version(signers: number) {
  return {
    version: '1.0.0',
    digest,
    size: 1,
    publishedAt: '2026-01-01T00:00:00.000Z',
    signers: Array(signers).fill(digest),
    logIndex: 1,
    yankReason: null,
  };
}

describe('lists of a registry that never end', () => {
  test('large pages are refused before they fill the memory', async () => {
    // 4 MB a page.
    const { client, asked } = endless(Array(100).fill(version(550)));
    const list = client.listVersions({ team: 'library', name: 'web' });
    await expect(list).rejects.toThrow(/has more than 16777216 bytes of/);
    expect(asked()).toBeLessThan(8);
  });

  test('the highest versions are listed', async () => {
    const { client } = endless(Array(100).fill(version(1)));
    const list = await client.listVersions({ team: 'library', name: 'web' });
    expect(list.length).toBe(10_000);
  });

  test('other lists end with an error', async () => {
    const { client } = endless([{ name: 'ada', admin: false, createdAt: '2026-01-01T00:00:00Z' }]);
    await expect(Array.fromAsync(client.listUsers())).rejects.toThrow(/more than 100 pages/);
  });
});
