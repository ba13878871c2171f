import { readFile } from 'node:fs/promises';
import { Miniflare } from 'miniflare';
import { parse } from 'smol-toml';
import { beforeAll, describe, expect, test } from 'vitest';
import { generateNoteKey } from '../trust/log/index.ts';
import { readSettings, variables } from '../worker/settings.ts';

let good: Record<string, string>;

beforeAll(async () => {
  const { signer } = await generateNoteKey('registry.test/log');
  good = { LIBSQL_URL: 'libsql://db.example.org', LOG_KEY: `${signer}\n` };
});

describe('the settings of a registry on Workers', () => {
  test('two secrets are enough; empty variables count as unset', async () => {
    const settings = await readSettings(good);
    expect(settings).toMatchObject({ logLevel: 'info', witnesses: [], publicUrl: undefined });
    const empty = Object.fromEntries(variables.map((name) => [name, '']));
    expect(await readSettings({ ...empty, ...good })).toEqual(settings);
  });

  test('those in wrangler.toml are valid and complete', async () => {
    const toml = parse(await readFile(new URL('../wrangler.toml', import.meta.url), 'utf8'));
    const vars = toml.vars as Record<string, string>;
    expect(variables).toEqual(expect.arrayContaining(Object.keys(vars)));
    await readSettings({ ...vars, ...good });
  });

  test.each([
    ['LIBSQL_URL', undefined, 'is missing'],
    ['LIBSQL_URL', 'file:registry.db', 'libsql://'],
    ['LOG_KEY', undefined, 'is missing'],
    ['LOG_KEY', 'PRIVATE+KEY+nonsense', 'is not a log key'],
    ['ADMIN_TOKEN_SHA256', 'aar_the-token-itself', '64 lower-case hexadecimal'],
    ['PROFILE_BYTES', '256k', 'whole number'],
    ['PROFILE_BYTES', '0', 'must be 1 to'],
    ['TEAM_BYTES', '-1', 'whole number'],
    ['WITNESSES', 'https://a.test witness.test', '"witness.test"'],
    ['WITNESSES', 'x+01234567+AAAA=https://a.test', 'KEY=URL'],
    ['CLIENT_ADDRESS_HEADER', 'X-Real IP', 'a header name'],
    ['PUBLIC_URL', 'registry.example.org', 'http URL'],
    ['SECURITY_CONTACT', 'mailto:a@b.test security@b.test', '"security@b.test"'],
    ['SECURITY_CONTACT', 'http://b.test/', 'https: or tel: URI'],
    ['OIDC_ISSUERS', 'https://gitlab.com', 'github=URL'],
    ['WEBHOOK_NETWORKS', '10.0.0.0/99', '"10.0.0.0/99"'],
    ['LOG_LEVEL', 'debug', 'off, error, info'],
  ])('%s as %s is refused with its name', async (name, value, reason) => {
    const failed = await readSettings({ ...good, [name]: value }).catch((error: Error) => error);
    expect(failed).toBeInstanceOf(Error);
    const { message } = failed as Error;
    expect(message).toContain(`${name} `);
    expect(message).toContain(reason);
    expect(message).not.toMatch(/aar_|PRIVATE/);
  });

  test('all errors are reported together', async () => {
    const failed = await readSettings({ LOG_LEVEL: 'all' }).catch((error: Error) => error.message);
    for (const name of ['LIBSQL_URL', 'LOG_KEY', 'LOG_LEVEL']) expect(failed).toContain(name);
  });

  test('a worker that can’t start logs the cause and responds with 503', async () => {
    const miniflare = new Miniflare({
      modules: true,
      modulesRules: [{ type: 'Text', include: ['**/*.sql', '**/*.txt'] }],
      scriptPath: new URL('../dist/worker/cloudflare.js', import.meta.url).pathname,
      compatibilityDate: '2026-07-01',
      compatibilityFlags: ['nodejs_compat'],
      bindings: { LIBSQL_URL: 'http://127.0.0.1:9' },
      handleRuntimeStdio: () => {},
    });
    try {
      const response = await miniflare.dispatchFetch('http://registry.test/v1/profiles');
      expect(response.status).toBe(503);
      expect(response.headers.get('Content-Type')).toBe('application/problem+json');
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ type: 'urn:aa-registry:problem:not-ready' });
      expect(text).not.toMatch(/LOG_KEY|127\.0\.0\.1/);
    } finally {
      await miniflare.dispose();
    }
  });
});
