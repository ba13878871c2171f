import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Diff, Summary } from '../../contract/index.ts';
import { permissionsHere } from '../../worker/analysis/analyser.ts';
import { createSummarizing } from '../../worker/jobs/summaries.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

const profile = (name: string, rules: string) =>
  `abi <abi/3.0>,\ninclude <tunables/global>\nprofile ${name} {\n  include <abstractions/base>\n${rules}\n}\n`;

const first = '  /etc/web/* r,\n  @{PROC}/sys/kernel/** r,';
const second = `${first}\n  /etc/web/* w,\n  capability sys_admin,`;

const files = {
  'abi/3.0': 'query {label {multi_transaction {yes\n}\n}\n}\n',
  'tunables/global': '@{PROC}=/proc/\n',
  'abstractions/base': '  /dev/sda w,\n',
};

describe.each(runtimes)('what versions permit on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;

  const publishVersion = async (name: string, version: string, rules: string) => {
    const draft = { name, version, text: profile(name, rules) };
    await expectStatus(201, publish(registry, acme, draft));
  };
  const get = async (path: string, token?: string) => {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    return registry.fetch(`/v1/profiles/${path}`, { headers });
  };
  const summary = async (path: string, query = '') =>
    Summary.parse(await (await expectStatus(200, get(`acme/${path}/summary${query}`))).json());
  const diff = async (path: string, to: string, more = '') => {
    const query = `?to=${encodeURIComponent(to)}${more}`;
    return Diff.parse(await (await expectStatus(200, get(`acme/${path}/diff${query}`))).json());
  };
  const topics = ({ profiles }: Summary) =>
    profiles.flatMap(({ lines }) => lines.map(({ topic }) => topic));
  const putBase = async (release: string, content: object) =>
    expectStatus(
      201,
      send(registry, 'PUT', `/v1/bases/${release}`, { files: content }, registry.adminToken),
    );
  const stored = async () =>
    (
      await registry.db.$client.execute('SELECT release, base FROM summaries ORDER BY release')
    ).rows.map(({ release, base }) => [release, base === null ? null : 'base'] as const);

  beforeAll(async () => {
    registry = await start();
    acme = await createPublisher(registry, 'acme');
  });
  afterAll(() => registry.close());

  test('without a base policy, the summary names the includes that were not read', async () => {
    await publishVersion('web', '1.0.0', first);
    const found = await summary('web/versions/1.0.0');
    expect(found).toMatchObject({
      ...{ team: 'acme', name: 'web', version: '1.0.0', base: null, state: 'partial' },
      unread: ['<tunables/global>', '<abstractions/base>'],
    });
    // The variables of tunables have their usual values.
    const read = found.profiles[0]?.lines.find(({ topic }) => topic === 'read-system');
    expect(read?.examples[0]?.text).toMatch(/^\/proc\/sys\/kernel\//);
    expect(await summary('web/versions/1.0.0', '?target=2.13')).toMatchObject({ target: '2.13' });
    const compared = await diff('web/versions/1.0.0', 'docker-default');
    expect(compared).toMatchObject({ state: 'partial', same: null, to: null });
    expect(compared.unread).toContain('<abstractions/base>');
  });

  test('with one, it is complete, and stored when the version is published', async () => {
    await putBase('3.0', files);
    await publishVersion('web', '1.1.0', second);
    await vi.waitFor(async () => expect(await stored()).toContainEqual(['3.0', 'base']));
    const found = await summary('web/versions/1.1.0');
    expect(found).toMatchObject({ state: 'complete', target: '3.0', unread: [], unknown: [] });
    expect(topics(found)).toEqual(
      expect.arrayContaining(['powerful-capability', 'write-etc', 'write-disk']),
    );
    expect(found.profiles[0]?.lines[0]?.severity).toBe('critical');
    const device = found.profiles[0]?.lines.find(({ topic }) => topic === 'write-disk');
    expect(device?.examples[0]).toMatchObject({
      text: '/dev/sda',
      rules: [{ file: 'base:abstractions/base', line: 1, text: '/dev/sda w,' }],
    });
    const { digest } = found;
    expect(await summary(`web/versions/${digest}`)).toEqual(found);
  });

  test('latest versions without one get it in the background, also after an import', async () => {
    const versions = () =>
      registry.db.$client.execute(`SELECT DISTINCT name || '@' || version AS path, base FROM summaries
        JOIN versions USING (digest) JOIN profiles ON profiles.id = profile_id ORDER BY path`);
    await registry.db.$client.execute('DELETE FROM summaries');
    const summarize = createSummarizing({ db: registry.db, permissions: permissionsHere });
    await summarize(0);
    const { rows } = await versions();
    expect(rows.map(({ path }) => path)).toEqual(['web@1.1.0']);
    expect(summarize(59_999)).toBeUndefined();

    const before = rows.map(({ base }) => base);
    await putBase('3.0', { ...files, 'abstractions/base': '  /dev/zero w,\n' });
    await summarize(60_000);
    const after = (await versions()).rows.map(({ base }) => base);
    expect(after).toHaveLength(before.length);
    for (const base of after) expect(before).not.toContain(base);
    await putBase('3.0', files);
  });

  test('one that costs more than publishing may is computed when it is requested', async () => {
    const overlapping = Array.from({ length: 10 }, (_, at) => `  /srv/**/${at}a*/** r,`);
    await publishVersion('costly', '1.0.0', overlapping.join('\n'));
    const storedBefore = (await stored()).length;
    // Published later, and summarized after it.
    await publishVersion('cheap', '1.0.0', first);
    await vi.waitFor(async () => expect((await stored()).length).toBe(storedBefore + 1));
    const found = await summary('costly/versions/1.0.0');
    expect(found).toMatchObject({ state: 'complete', unknown: [] });
    expect(await stored()).toHaveLength(storedBefore + 2);
  });

  test('an earlier version gets one when it is requested, and again after the base policy changes', async () => {
    expect(topics(await summary('web/versions/1.0.0'))).toContain('write-disk');
    await putBase('3.0', { ...files, 'abstractions/base': '  /dev/null w,\n' });
    const found = await summary('web/versions/1.0.0');
    expect(topics(found)).toContain('write-terminal');
    expect(topics(found)).not.toContain('write-disk');
    await registry.db.$client.execute(
      "UPDATE summaries SET text = replace(text, 'write-terminal', 'stored')",
    );
    expect(topics(await summary('web/versions/1.0.0'))).toContain('stored');
    await registry.db.$client.execute('UPDATE summaries SET summary_version = 0');
    expect(topics(await summary('web/versions/1.0.0'))).toContain('write-terminal');
  });

  test('a release that refuses the profile is passed over, unless it is asked for', async () => {
    await putBase('4.1', { 'abi/4.0': '' });
    expect(await summary('web/versions/1.0.0')).toMatchObject({ target: '3.0', state: 'complete' });
    const refused = await summary('web/versions/1.0.0', '?target=4.1');
    expect(refused).toMatchObject({ target: '4.1', state: 'refused', profiles: [] });
    expect(refused.reason).toMatch(/not found/);
  });

  test('the diff has what one version permits and the other does not, and its mirror', async () => {
    const found = await diff('web/versions/1.0.0', '1.1.0');
    expect(found).toMatchObject({ state: 'complete', same: false, target: '3.0' });
    expect(found.from.version).toBe('1.0.0');
    expect(found.to?.version).toBe('1.1.0');
    expect(found.differences.map(({ class: of, kind }) => [of, kind])).toEqual([
      ['file', 'added'],
      ['capability', 'added'],
    ]);
    const mirror = await diff('web/versions/1.1.0', 'acme/web@1.0.0');
    expect(mirror.differences.map(({ class: of, kind }) => [of, kind])).toEqual([
      ['file', 'removed'],
      ['capability', 'removed'],
    ]);
    expect(await diff('web/versions/1.0.0', found.from.digest)).toMatchObject({
      ...{ same: true, differences: [] },
    });
    expect(await diff('web/versions/1.0.0', '1.1.0', '&target=4.1')).toMatchObject({
      ...{ state: 'refused', same: null },
    });
  });

  test.each([
    ['an unknown version', 'versions/9.9.9/summary', 404],
    ['an unknown version of a diff', 'versions/9.9.9/diff?to=1.0.0', 404],
    ['an unknown other version', 'versions/1.0.0/diff?to=9.9.9', 404],
    ['another profile that does not exist', 'versions/1.0.0/diff?to=acme/none@1.0.0', 404],
    ['no other version', 'versions/1.0.0/diff', 400],
    ['a range', 'versions/1.0.0/diff?to=acme/web@%5E1', 400],
    ['a name without a version', 'versions/1.0.0/diff?to=acme/web', 400],
    ['an unknown release', 'versions/1.0.0/summary?target=9.9', 400],
  ])('%s is a problem', async (_, path, status) => {
    await expectStatus(status, get(`acme/web/${path}`));
  });

  test('a private profile does not exist for others, on either side', async () => {
    await publishVersion('hidden', '1.0.0', first);
    await expectStatus(
      200,
      send(
        registry,
        'PUT',
        '/v1/profiles/acme/hidden/visibility',
        { visibility: 'private' },
        acme.token,
      ),
    );
    const paths = [
      'acme/hidden/versions/1.0.0/summary',
      'acme/hidden/versions/1.0.0/diff?to=docker-default',
      'acme/web/versions/1.0.0/diff?to=acme/hidden@1.0.0',
    ];
    for (const path of paths) {
      await expectStatus(200, get(path, acme.token));
      await expectStatus(404, get(path));
    }
  });

  test('a profile with many rules has a bounded summary, and says what it leaves out', async () => {
    const rules = Array.from({ length: 500 }, (_, at) => `  /srv/${'d'.repeat(10)}${at} r,`);
    await publishVersion('many', '1.0.0', rules.join('\n'));
    const response = await get('acme/many/versions/1.0.0/summary');
    const text = await response.text();
    expect(text.length).toBeLessThan(70_000);
    const found = Summary.parse(JSON.parse(text));
    const read = found.profiles[0]?.lines.find(({ topic }) => topic === 'read-other');
    expect((read?.examples.length ?? 0) + (read?.omitted ?? 0)).toBeGreaterThanOrEqual(500);
  });
});
