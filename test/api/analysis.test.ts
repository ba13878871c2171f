import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem, Version } from '../../contract/index.ts';
import { analysisVersion, reanalyse } from '../../db/analyses.ts';
import { checkDatabase } from '../../db/check/index.ts';
import { analyses, searchDocuments } from '../../db/schema.ts';
import { type Manifest, sha256 } from '../../trust/index.ts';
import { analysePackage } from '../../worker/analysis/analyse.ts';
import { largeTexts } from '../analysis/packages.ts';
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
import { node, runtimes, type TestRegistry } from '../runtimes.ts';

const mebibyte = 1024 * 1024;

async function publishWithReadme(
  registry: TestRegistry,
  publisher: Publisher,
  draft: Draft,
  readme: string,
): Promise<Response> {
  const digest = await sha256(new TextEncoder().encode(readme));
  const ownManifest: Manifest = { ...manifest, readme: digest };
  const envelope = await signDraft(publisher, { ...draft, manifest: ownManifest });
  const { name, version, text: profile = profileText(name) } = draft;
  const path = `/v1/profiles/${publisher.team}/${name}/versions/${version}`;
  return send(registry, 'PUT', path, { profile, envelope, readme }, publisher.token);
}

describe.each(runtimes)('the analysis of a package on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;

  beforeAll(async () => {
    registry = await start();
    library = await createPublisher(registry, 'library');
  });
  afterAll(() => registry.close());

  const readme = '# About\n\nIt *works*.\n';
  const text = `${profileText('web').replace('}', '  /** rw,\n}')}`;

  test('is stored with the version and equals a new analysis', async () => {
    await expectStatus(
      201,
      publishWithReadme(registry, library, { name: 'web', version: '1.0.0', text }, readme),
    );
    const digest = await sha256(new TextEncoder().encode(readme));
    const ownManifest = { ...manifest, readme: digest };
    const fresh = analysePackage({
      team: 'library',
      name: 'web',
      manifest: ownManifest,
      text,
      readme,
    });
    const [stored] = await registry.db.select().from(analyses);
    const { needs, unseen, diagnostics, omitted } = fresh;
    expect(stored).toMatchObject({ analysisVersion, needs, unseen, diagnostics, omitted });
    expect(stored?.readme).toBe('<h1>About</h1>\n<p>It <em>works</em>.</p>\n');
    const [document] = await registry.db.select().from(searchDocuments);
    expect(document).toMatchObject({ words: fresh.words, grade: fresh.grade });
    const version = await registry.fetch('/v1/profiles/library/web/versions/1.0.0');
    expect(await version.json()).toMatchObject({ diagnostics, omitted: 0, needs, unseen });
  });

  test('of an older registry is recomputed on a read and in the background', async () => {
    for (const version of ['1.1.0', '1.2.0']) {
      await expectStatus(201, publish(registry, library, { name: 'web', version, text }));
    }
    const path = '/v1/profiles/library/web/versions/1.1.0';
    const before = await (await registry.fetch(path)).json();
    const rows = await registry.db.select().from(analyses);
    // The state after the migration, or after an older registry has used the database.
    await registry.db
      .update(analyses)
      .set({ analysisVersion: 0, needs: '', diagnostics: [], readme: null });
    expect(await (await registry.fetch(path)).json()).toEqual(before);
    await registry.db.delete(analyses).where(eq(analyses.versionId, rows[1]?.versionId ?? 0));
    expect(await (await registry.fetch(path)).json()).toEqual(before);
    const again = (limit: number) =>
      reanalyse(registry.db, limit, async (pack) => analysePackage(pack));
    expect(await again(1)).toBe(1);
    expect(await again(10)).toBe(1);
    expect(await again(10)).toBe(0);
    expect(await registry.db.select().from(analyses)).toEqual(rows);
  });

  test('is reported by "admin check" if missing', async () => {
    const check = async () => {
      const found: string[] = [];
      await checkDatabase(registry.db, { report: (id, what) => found.push(`${id}: ${what}`) });
      return found;
    };
    expect(await check()).toEqual([]);
    const [row] = await registry.db.select().from(analyses);
    await registry.db.delete(analyses).where(eq(analyses.versionId, row?.versionId ?? 0));
    expect(await check()).toEqual([
      'derived-differs: the analysis of library/web@1.0.0 is missing',
    ]);
    await (await registry.fetch('/p/library/web/1.0.0')).text();
    expect(await check()).toEqual([]);
  });

  test('counts the findings that comments suppress, for the API and the catalog', async () => {
    const granted = '  capability sys_admin, # lint-ignore powerful-capability: it mounts\n}';
    const ignoring = profileText('ignoring').replace('}', granted);
    await expectStatus(
      201,
      publish(registry, library, { name: 'ignoring', version: '1.0.0', text: ignoring }),
    );
    const path = '/v1/profiles/library/ignoring/versions/1.0.0';
    expect(await (await registry.fetch(path)).json()).toMatchObject({ suppressed: 1, grade: 'A' });
    const page = await (await registry.fetch('/p/library/ignoring')).text();
    expect(page).toContain('1 finding is suppressed by comments');
    expect(page).toContain('Lint: grade A');
    expect(await (await registry.fetch('/p/library/web')).text()).not.toContain('suppressed');
    expect(await (await registry.fetch('/?q=ignoring')).text()).toContain('1 suppressed');
  });

  test('lists a hundred diagnostics, errors first, and counts the rest', async () => {
    const rules = Array.from({ length: 150 }, (_, at) => `  /usr/bin/${at} ux,\n`).join('');
    const warned = profileText('many').replace('}', `${rules}}`);
    await expectStatus(
      201,
      publish(registry, library, { name: 'many', version: '1.0.0', text: warned }),
    );
    const path = '/v1/profiles/library/many/versions/1.0.0';
    const version = (await (await registry.fetch(path)).json()) as Version;
    expect(version.diagnostics).toHaveLength(100);
    expect(version.omitted).toBeGreaterThanOrEqual(50);
    const page = await (await registry.fetch('/p/library/many')).text();
    expect(page.match(/<a href="#L\d+">/g)).toHaveLength(100);
    expect(page).toContain(`<li>… and ${version.omitted} more</li>`);

    const broken = warned.replace(/}\n$/, '  /a q,\n}\n');
    const draft = { name: 'many', version: '1.0.1', text: broken };
    const refused = await expectStatus(422, publish(registry, library, draft));
    const problem = (await refused.json()) as Problem;
    expect(problem.detail).toMatch(/^1 error /);
    expect(problem.diagnostics).toHaveLength(100);
    expect(problem.diagnostics?.filter(({ severity }) => severity === 'error')).toHaveLength(1);
    expect(problem.omitted).toBeGreaterThanOrEqual(50);
  });

  test('refuses a README that is too large for a page', async () => {
    const draft = { name: 'guide', version: '1.0.0' };
    const response = publishWithReadme(registry, library, draft, '> '.repeat(10_000));
    expect(await (await expectStatus(422, response)).json()).toMatchObject({
      type: 'urn:aa-registry:problem:profile-invalid',
      diagnostics: [{ id: 'readme-limit', severity: 'error', line: 1 }],
      omitted: 0,
    });
    await expectStatus(404, registry.fetch('/v1/profiles/library/readme'));
  });

  test.each(Object.entries(largeTexts))(
    'of %s results in responses of less than a mebibyte',
    async (what, make) => {
      const name = what.toLowerCase().replaceAll(/[^a-z]+/g, '-');
      const made = make(30 * 1024).replace('profile web', `profile ${name}`);
      const response = await publish(registry, library, { name, version: '1.0.0', text: made });
      expect([201, 422]).toContain(response.status);
      const bodies = [await response.text()];
      if (response.status === 201) {
        for (const path of [`/p/library/${name}`, `/v1/profiles/library/${name}/versions/1.0.0`]) {
          bodies.push(await (await expectStatus(200, registry.fetch(path))).text());
        }
      }
      for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThan(mebibyte);
    },
  );
});

test('a registry serves other requests while it analyses a package', async () => {
  const registry = await node.start();
  const library = await createPublisher(registry, 'library');
  const text = largeTexts['rules that lint warns of']?.(30 * 1024);
  let published = false;
  const draft = { name: 'web', version: '1.0.0', ...(text === undefined ? {} : { text }) };
  const publishing = publish(registry, library, draft).then((response) => {
    published = true;
    return response;
  });
  let served = 0;
  while (!published) {
    await (await expectStatus(200, fetch(`${registry.url}/healthz`))).text();
    if (!published) served++;
  }
  await (await expectStatus(201, publishing)).text();
  expect(served).toBeGreaterThan(3);
  await registry.close();
});

test('a registry continues after a package exceeds the limits of analysis', async () => {
  const registry = (await node?.start({ analysis: { time: 1 } })) as TestRegistry;
  const library = await createPublisher(registry, 'library');
  for (const version of ['1.0.0', '1.0.1', '1.0.0']) {
    const response = await expectStatus(422, publish(registry, library, { name: 'web', version }));
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining('nothing was stored'),
      diagnostics: [{ id: 'analysis-limit' }],
    });
    await (await expectStatus(200, registry.fetch('/healthz'))).text();
  }
  await expectStatus(404, registry.fetch('/v1/profiles/library/web'));
  await registry.close();
});

test('a busy registry responds with Retry-After', async () => {
  const registry = (await node?.start({ analysis: { waiting: 1, threads: 1 } })) as TestRegistry;
  const library = await createPublisher(registry, 'library');
  const versions = Array.from({ length: 8 }, (_, at) => `1.0.${at}`);
  const responses = await Promise.all(
    versions.map((version) =>
      publish(registry, library, {
        name: `w${version}`,
        version,
        text: profileText(`w${version}`),
      }),
    ),
  );
  const refused = responses.filter(({ status }) => status !== 201);
  expect(refused.length).toBeGreaterThan(0);
  for (const response of refused) {
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toMatch(/^\d+$/);
    expect(await response.json()).toMatchObject({ type: 'urn:aa-registry:problem:busy' });
  }
  await registry.close();
});
