import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type * as z from 'zod';
import { Diff, Summary, type Version } from '../../contract/index.ts';
import { checkDatabase } from '../../db/check/index.ts';
import { type Manifest, sha256 } from '../../trust/index.ts';
import {
  createPublisher,
  type Draft,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
  signDraft,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

const both: Manifest = { ...manifest, variants: ['3.0', '4.0'] };

describe.each(runtimes)('variants on $name', ({ start }) => {
  let registry: TestRegistry;
  let team: Publisher;

  beforeAll(async () => {
    registry = await start();
    team = await createPublisher(registry, 'acme');
  });
  afterAll(() => registry.close());

  /** A profile that AppArmor 3.x does not know, by its rule for user namespaces. */
  const newer = (name: string, detail = '') =>
    profileText(name, detail)
      .replace('abi/3.0', 'abi/4.0')
      .replace('\n}\n', '\n  userns create,\n}\n');
  const draft = (name: string, more: Partial<Draft> = {}): Draft => ({
    ...{ name, version: '1.0.0', manifest: both, others: [newer(name)] },
    ...more,
  });
  const digestOf = (text: string) => sha256(new TextEncoder().encode(text));
  const get = async (path: string) => registry.fetch(`/v1/profiles/acme/${path}`);

  test('are published together, listed, and served by release', async () => {
    const name = 'served';
    await expectStatus(201, publish(registry, team, draft(name)));
    await expectStatus(200, publish(registry, team, draft(name)));
    const version = (await (await get(`${name}/versions/1.0.0`)).json()) as Version;
    const texts = [profileText(name), newer(name)];
    expect(version.digest).toBe(await digestOf(texts[0] ?? ''));
    expect(version.variants).toEqual([
      { from: '3.0', digest: await digestOf(texts[0] ?? ''), size: texts[0]?.length },
      { from: '4.0', digest: await digestOf(texts[1] ?? ''), size: texts[1]?.length },
    ]);
    for (const [query, at] of [
      ...([
        ['', 0],
        ['?release=2.13', 0],
        ['?release=3.0', 0],
        ['?release=3.1', 0],
      ] as const),
      ...([
        ['?release=4.0', 1],
        ['?release=5.0', 1],
        ['?release=99.0', 1],
      ] as const),
    ]) {
      const response = await get(`${name}/versions/1.0.0/profile${query}`);
      expect(await response.text(), query).toBe(texts[at]);
      expect(response.headers.get('etag')).toBe(`"${version.variants?.[at]?.digest}"`);
    }
    const resolved = await registry.fetch(`/v1/resolve?ref=acme/${name}`);
    const { items } = (await resolved.json()) as { items: Version[] };
    expect(items[0]).toMatchObject({ digest: version.digest, variants: version.variants });
    const page = await (await registry.fetch(`/p/acme/${name}`)).text();
    expect(page).toContain('AppArmor 4.0 and newer');
    expect(page).toContain(version.variants?.[1]?.digest);
    expect((await get(`${name}/versions/1.0.0/profile?release=new`)).status).toBe(400);
  });

  test('are summarized and compared by release, with the base policies that fit them', async () => {
    const other = await start();
    const its = await createPublisher(other, 'acme');
    for (const release of ['3.0', '3.1', '4.1', '5.0']) {
      const files = {
        'abi/3.0': 'query {label {multi_transaction {yes\n}\n}\n}\n',
        'abi/4.0':
          'query {label {multi_transaction {yes\n}\n}\n}\nnamespaces {userns_create {yes\n}\n}\n',
        'tunables/global': '@{PROC}=/proc/\n',
        'abstractions/base': `  /of/${release} r,\n`,
      };
      const path = `/v1/bases/${release}`;
      await expectStatus(201, send(other, 'PUT', path, { files }, other.adminToken));
    }
    const name = 'viewed';
    const texts = [profileText(name), newer(name, '/new')];
    const [first, second] = await Promise.all(texts.map(digestOf));
    await expectStatus(201, publish(other, its, draft(name, { others: [newer(name, '/new')] })));
    await expectStatus(
      201,
      publish(other, its, { name, version: '1.1.0', text: profileText(name, '/next') }),
    );
    // Each file when it is published, for its own releases.
    await vi.waitFor(async () => {
      const { rows } = await other.db.$client.execute(
        'SELECT digest, release FROM summaries ORDER BY digest = :first DESC, release',
      );
      const found = rows.map(({ digest, release }) => [digest, release]);
      expect(found).toEqual(
        expect.arrayContaining([
          ...[
            [first, '3.0'],
            [first, '3.1'],
          ],
          ...[
            [second, '4.1'],
            [second, '5.0'],
          ],
        ]),
      );
      expect(found).not.toContainEqual([first, '5.0']);
      expect(found).not.toContainEqual([second, '3.0']);
    });
    const ask = async <Schema extends z.ZodType>(query: string, schema: Schema) => {
      const path = `/v1/profiles/acme/${name}/versions/1.0.0/${query}`;
      return schema.parse(await (await expectStatus(200, other.fetch(path))).json());
    };
    for (const [query, digest, variant, target] of [
      ...([
        ['', first, '3.0', '3.1'],
        ['?release=2.13', first, '3.0', '3.1'],
        ['?release=3.0', first, '3.0', '3.1'],
        ['?release=4.0', second, '4.0', '5.0'],
        ['?release=99.9', second, '4.0', '5.0'],
      ] as const),
      ...([
        ['?target=3.0', first, '3.0', '3.0'],
        ['?target=4.1', second, '4.0', '4.1'],
        ['?release=3.0&target=5.0', first, '3.0', '5.0'],
      ] as const),
    ]) {
      const found = await ask(`summary${query}`, Summary);
      expect(found, query).toMatchObject({ digest, variant, target, state: 'complete' });
      expect(JSON.stringify(found.profiles)).toContain(`/of/${target}`);
      expect(JSON.stringify(found.profiles).includes('/new/')).toBe(digest === second);
    }
    const same = await ask('diff?to=1.0.0&release=4.0', Diff);
    expect(same).toMatchObject({ same: true, target: '5.0', from: { variant: '4.0' } });
    const next = await ask('diff?to=1.1.0&release=4.0', Diff);
    expect(next).toMatchObject({ target: '5.0', to: { variant: null } });
    expect(next.differences.map(({ class: of }) => of)).toContain('userns');
    expect(await ask('diff?to=1.1.0', Diff)).toMatchObject({
      ...{ target: '3.1', from: { digest: first, variant: '3.0' } },
    });
    await expectStatus(
      400,
      other.fetch(`/v1/profiles/acme/${name}/versions/1.0.0/summary?release=new`),
    );
    await other.close();
  });

  test('have a page each, with its source and its diagnostics', async () => {
    const name = 'shown';
    const wide = newer(name, '/new').replace('\n}\n', '\n  /etc/shadow r,\n}\n');
    await expectStatus(201, publish(registry, team, draft(name, { others: [wide] })));
    const page = async (query: string) =>
      (await expectStatus(200, registry.fetch(`/p/acme/${name}${query}`))).text();
    // Summaries may be stored after the response, which changes the page.
    await expectStatus(200, registry.fetch(`/v1/profiles/acme/${name}/versions/1.0.0/summary`));
    const old = await page('');
    expect(old).toContain(`/srv/${name}/** r,`);
    expect(old).not.toContain('/etc/shadow');
    expect(old).not.toContain('sensitive-read');
    expect(old).toContain('<strong aria-current="page">AppArmor 3.0 and newer</strong>');
    const [, link = ''] = /href="([^"#]*\?variant=4\.0)#variants"/.exec(old) ?? [];
    expect(link).toBe(`/p/acme/${name}/1.0.0?variant=4.0`);
    const shown = await (await registry.fetch(link)).text();
    expect(shown).toContain(`/srv/${name}/new/** r,`);
    expect(shown).toContain('sensitive-read');
    expect(shown).toMatch(/<span id="L\d+" class="info">\s*\/etc\/shadow r,/);
    expect(shown).toContain(`/profile?release=4.0">Plain text`);
    expect(shown).toContain('<strong aria-current="page">AppArmor 4.0 and newer</strong>');
    for (const query of ['?variant=3.0', '?variant=9.9', '?variant=x', '?variant='])
      expect(await page(query)).toBe(old);
  });

  test('of a version without them, one file is for all releases', async () => {
    await expectStatus(201, publish(registry, team, { name: 'one', version: '1.0.0' }));
    const version = (await (await get('one/versions/1.0.0')).json()) as Version;
    expect(version).not.toHaveProperty('variants');
    expect(await (await get('one/versions/1.0.0/profile?release=4.0')).text()).toBe(
      profileText('one'),
    );
  });

  test.each<[what: string, more: (name: string) => Partial<Draft>]>([
    ['a variant that is not sent', (name) => ({ sent: [], others: [newer(name)] })],
    [
      'another text than the signed one',
      (name) => ({ sent: [newer(name, '/x')], others: [newer(name)] }),
    ],
    ['a variant that is not signed', (name) => ({ sent: [newer(name)], others: [] })],
    [
      'the variants in another order',
      (name) => ({ text: newer(name), others: [profileText(name)], sent: [newer(name)] }),
    ],
    ['descending releases', () => ({ manifest: { ...manifest, variants: ['4.0', '3.0'] } })],
    [
      'more releases than files',
      () => ({ manifest: { ...manifest, variants: ['3.0', '4.0', '4.1'] } }),
    ],
    ['a release that is none', () => ({ manifest: { ...manifest, variants: ['3.0', 'new'] } })],
  ])('%s is refused as an envelope', async (_, more) => {
    const response = await publish(registry, team, draft('refused', more('refused')));
    expect(response.status).toBe(422);
    expect(((await response.json()) as { type: string }).type).toMatch(/envelope-refused$/);
  });

  test.each<[what: string, more: (name: string) => Partial<Draft>, id: string, variant?: string]>([
    [
      'newer syntax in the first',
      (name) => ({ text: newer(name).replace('4.0', '3.0') }),
      'target',
    ],
    [
      'an error in the second',
      (name) => ({ others: [newer(name).replace('ix', 'zx')] }),
      'file-permissions',
      '4.0',
    ],
    ['another profile in the second', () => ({ others: [newer('sshd')] }), 'package-name', '4.0'],
    [
      'a release that lint does not know',
      () => ({ manifest: { ...manifest, variants: ['3.0', '4.9'] } }),
      'variant-release',
    ],
  ])('%s is an error', async (_, more, id, variant) => {
    const response = await publish(registry, team, draft('wrong', more('wrong')));
    expect(response.status).toBe(422);
    const { diagnostics } = (await response.json()) as Pick<Version, 'diagnostics'>;
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors.map((one) => [one.id, one.variant])).toContainEqual([id, variant]);
  });

  test('published again with another variant is refused', async () => {
    const name = 'again';
    await expectStatus(201, publish(registry, team, draft(name)));
    const other = draft(name, { others: [newer(name, '/other')] });
    await expectStatus(409, publish(registry, team, other));
  });

  test('may not permit more under the version policy semver, also where a variant begins or ends', async () => {
    const name = 'semver';
    const policy = (versionPolicy: string) =>
      expectStatus(200, send(registry, 'PATCH', '/v1/teams/acme', { versionPolicy }, team.token));
    await expectStatus(201, publish(registry, team, draft(name)));
    await policy('semver');
    const wider = newer(name).replace('\n}\n', '\n  /etc/shadow r,\n}\n');
    const second = draft(name, { version: '1.1.0', others: [wider] });
    const refused = await publish(registry, team, second);
    expect(refused.status).toBe(422);
    expect(((await refused.json()) as { type: string }).type).toMatch(/version-widens$/);
    await expectStatus(201, publish(registry, team, draft(name, { version: '1.1.0' })));
    // Without the second variant, hosts with AppArmor 4.0 would take the first, whose ABI does not mediate user namespaces.
    const merged = await publish(registry, team, { name, version: '1.2.0' });
    expect(merged.status).toBe(422);
    expect(await merged.text()).toContain('userns: + mediated -> not mediated');
    await policy('none');
  });

  test('are analysed again together', async () => {
    const name = 'analysed';
    await expectStatus(201, publish(registry, team, draft(name)));
    const before = await (await get(`${name}/versions/1.0.0`)).json();
    await registry.db.$client.execute('UPDATE analyses SET analysis_version = 0');
    expect(await (await get(`${name}/versions/1.0.0`)).json()).toEqual(before);
  });

  test.each([
    [
      'the text of the second',
      `UPDATE contents SET text = text || '#' WHERE text LIKE '%userns%'`,
      'content-differs',
    ],
    [
      'the text of the second gone',
      `DELETE FROM contents WHERE text LIKE '%userns%'`,
      'content-missing',
    ],
    [
      'another release',
      `UPDATE versions SET variants = replace(variants, '"4.0"', '"3.1"')`,
      'row-differs',
    ],
    [
      'another size',
      `UPDATE versions SET variants = replace(variants, '"size":', '"size":1')`,
      'row-differs',
    ],
    ['no variants', 'UPDATE versions SET variants = NULL', 'row-differs'],
    ['no JSON', `UPDATE versions SET variants = 'x'`, 'row-differs'],
  ])('admin check reports %s', async (_, tamper, id) => {
    const other = await start();
    const its = await createPublisher(other, 'acme');
    await expectStatus(201, publish(other, its, draft('checked')));
    const found: string[] = [];
    const run = () => checkDatabase(other.db, { key: undefined, report: (one) => found.push(one) });
    await run();
    expect(found).toEqual([]);
    await other.db.$client.execute('PRAGMA foreign_keys = OFF');
    await other.db.$client.execute(tamper);
    await run();
    expect(found).toContain(id);
    await other.close();
  });

  test('have an envelope with a subject for each', async () => {
    const envelope = await signDraft(team, draft('signed'));
    const { subject } = JSON.parse(atob(envelope.payload)) as { subject: { name: string }[] };
    expect(subject.map(({ name }) => name)).toEqual(['acme/signed', 'acme/signed#4.0']);
  });
});
