import { describe, expect, test } from 'vitest';
import { createClient, RegistryError } from '../../sdk/client.ts';
import { parseReference } from '../../sdk/index.ts';

const digest = `sha256:${'a'.repeat(64)}`;

function parse(text: string) {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new TypeError(parsed.reason);
  return parsed.reference;
}

/** A client of a registry whose lists never end: each page has `items` and another cursor. */
function endless(items: unknown[]) {
  let requests = 0;
  const fetch = async () => {
    requests++;
    return Response.json({ items, next: `page${requests}` });
  };
  return {
    client: createClient({ registry: 'http://registry.test', fetch }),
    requestCount: () => requests,
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
    const { client, requestCount } = endless(Array(100).fill(version(550)));
    const list = client.listVersions({ team: 'library', name: 'web' });
    await expect(list).rejects.toThrow(/has more than 16777216 bytes of/);
    expect(requestCount()).toBeLessThan(8);
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

describe('texts of a registry', () => {
  const forged = 'x\nInstalled library/other 9.9.9.\u001b[2J';

  function refusing(body: object, status = 422) {
    const fetch = async () => Response.json(body, { status });
    return createClient({ registry: 'http://registry.test', fetch });
  }

  test('a problem is one short line, with a limited number of diagnostics', async () => {
    const place = { line: 1, column: 1, endLine: 1, endColumn: 1 };
    const one = { id: forged, severity: 'error', message: forged.repeat(100), ...place };
    const body = { type: 'x', title: 'x', status: 422, detail: forged.repeat(1000) };
    const client = refusing({ ...body, diagnostics: Array(500).fill(one), omitted: 3 });
    const error = await client.getLogVerifier().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(RegistryError);
    const { message, diagnostics, omitted } = error as RegistryError;
    const texts = [message, ...diagnostics.flatMap((one) => [one.id, one.message])];
    for (const text of texts) {
      expect(text).not.toMatch(/\p{Cc}/u);
      expect(text.length).toBeLessThan(5000);
    }
    expect([diagnostics.length, omitted]).toEqual([100, 403]);
  });

  test.each(['deprecation', 'replacement', 'yankReason'])(
    'a resolution with a line break in its %s is refused',
    async (field) => {
      const resolution = {
        ...{ ref: 'web', team: 'library', name: 'web', version: '1.0.0', digest, channel: null },
        ...{ yankReason: null, deprecation: null, replacement: null, movedTo: null },
        revokedKeys: 0,
      };
      const reference = parse('web');
      const good = refusing({ items: [resolution] }, 200);
      expect((await good.resolve([reference]))?.items).toHaveLength(1);
      const bad = refusing({ items: [{ ...resolution, [field]: forged }] }, 200);
      await expect(bad.resolve([reference])).rejects.toThrow(/is not an aa-registry/);
    },
  );
});
