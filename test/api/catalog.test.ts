import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Summary } from '../../contract/index.ts';
import type { Manifest } from '../../trust/index.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

const abi = (features: string) => `query {label {multi_transaction {yes\n}\n}\n}\n${features}`;
const files = {
  'abi/3.0': abi(''),
  'abi/4.0': abi('namespaces {userns_create {yes\n}\n}\n'),
  'tunables/global': '@{PROC}=/proc/\n',
  'abstractions/base': '  /dev/sda w,\n',
};

/** The part of a page from a heading on to the next one. */
function section(page: string, id: string): string {
  const [, after = ''] = page.split(`<h2 id="${id}">`);
  return after.split('<h2')[0] ?? '';
}

describe.each(runtimes)('pages of profiles on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;

  const read = async (path: string) => (await expectStatus(200, registry.fetch(path))).text();
  const permits = async (path: string) => section(await read(path), 'permits');
  const putBase = async (release: string, content: object) =>
    expectStatus(
      201,
      send(registry, 'PUT', `/v1/bases/${release}`, { files: content }, registry.adminToken),
    );
  const storedSummaries = async (count: number) =>
    vi.waitFor(async () => {
      const { rows } = await registry.db.$client.execute('SELECT 1 FROM summaries');
      expect(rows).toHaveLength(count);
    });

  beforeAll(async () => {
    registry = await start();
    acme = await createPublisher(registry, 'acme');
    await putBase('3.0', files);
    const text = profileText('web').replace('/srv/web/** r,', '/etc/cron.d/* w,');
    await expectStatus(201, publish(registry, acme, { name: 'web', version: '1.0.0', text }));
    await storedSummaries(1);
  });
  afterAll(() => registry.close());

  test('includes are shown in place, of the base policy of the release that the reader chooses', async () => {
    const plain = await read('/p/acme/web');
    expect(plain).not.toContain('<details class="included">');
    expect(plain).toContain('href="/p/acme/web/1.0.0?unfold=3.0#source"');
    const page = await read('/p/acme/web/1.0.0?unfold=3.0');
    const found = [
      ...page.matchAll(/<details class="included"><summary>(.*?)<\/summary><span>(.*?)<\/span>/gs),
    ];
    expect(found.map(([, path, text]) => [path, text])).toEqual([
      ['tunables/global', '@{PROC}=/proc/\n'],
      ['abstractions/base', '  /dev/sda w,\n'],
    ]);
    // Below the line that includes it; the numbers of lines stay those of the profile.
    expect(page).toMatch(/<span id="L2">include &lt;tunables\/global&gt;<\/span><details/);
    expect(page).toContain('<span id="L3">');
    const other = await read('/p/acme/web/1.0.0?unfold=4.1');
    expect(other).toContain('This registry has no base policy of AppArmor 4.1.');
    expect(await read('/p/acme/web/1.0.0?unfold=%3Cb%3E')).not.toContain(
      '<details class="included">',
    );
  });

  test('what a version permits is shown from the stored summary, the most dangerous first', async () => {
    const shown = await permits('/p/acme/web');
    expect(shown).toContain('As AppArmor 3.0 compiles it');
    const severities = [...shown.matchAll(/<span class="severity">(\w+)</g)].map(([, one]) => one);
    const order = ['critical', 'high', 'medium', 'low'];
    expect(severities[0]).toBe('critical');
    expect(severities).toEqual(
      severities.toSorted((a, b) => order.indexOf(a ?? '') - order.indexOf(b ?? '')),
    );
    const line =
      1 +
      profileText('web')
        .split('\n')
        .findIndex((one) => one.includes('/srv/web'));
    expect(shown).toContain('/etc/cron.d/');
    expect(shown).toContain(`<a href="#L${line}"`);
    expect(shown).toContain('abstractions/base:1');
    expect(await read('/p/acme/web')).toContain(`<span id="L${line}"`);
  });

  test('each way out of a container is open or closed, with the rules that leave it open', async () => {
    const text = profileText('loose').replace('/srv/loose/** r,', '/proc/kcore r,');
    await expectStatus(201, publish(registry, acme, { name: 'loose', version: '1.0.0', text }));
    await storedSummaries(2);
    const { ways } = Summary.parse(
      JSON.parse(await read('/v1/profiles/acme/loose/versions/1.0.0/summary')),
    );
    expect(ways.filter(({ state }) => state === 'open')).toMatchObject([
      { name: 'kcore', profile: 'loose', example: '/proc/kcore', rules: [{ line: 7 }] },
    ]);
    const shown = section(await read('/p/acme/loose'), 'ways-out');
    expect(shown).toContain(`Of ${ways.length} known ways, this profile closes ${ways.length - 1}`);
    const states = [...shown.matchAll(/<li class="(\w+)">.*?<strong>(.*?)<\/strong>/gs)];
    expect(new Map(states.map(([, state, name]) => [name, state]))).toEqual(
      new Map(ways.map(({ name, state }) => [name, state])),
    );
    expect(shown).toContain('<a href="#L7" title="/proc/kcore r,">');
  });

  test('what is for programs of the host has no ways out of a container', async () => {
    const host: Manifest = { ...manifest, kind: 'host', profiles: ['/usr/bin/tool'], images: [] };
    const text = profileText('tool').replace('profile tool ', '/usr/bin/tool ');
    const draft = { name: 'tool', version: '1.0.0', text, manifest: host };
    await expectStatus(201, publish(registry, acme, draft));
    await storedSummaries(3);
    expect(await permits('/p/acme/tool')).toContain('/srv/tool');
    expect(await read('/p/acme/tool')).not.toContain('ways-out');
  });

  test('nothing is computed for a page: what is not stored, or outdated, is not shown', async () => {
    await putBase('3.0', { ...files, 'abstractions/base': '' });
    expect(await permits('/p/acme/web')).toContain('No summary is stored');
    await storedSummaries(3);
    await read('/v1/profiles/acme/web/versions/1.0.0/summary');
    const shown = await permits('/p/acme/web');
    expect(shown).toContain('/etc/cron.d/');
    expect(shown).not.toContain('/dev/sda');
    await registry.db.$client.execute('UPDATE summaries SET summary_version = 0');
    expect(await permits('/p/acme/web')).toContain('No summary is stored');
  });

  test('a variant shows its own summary, for the newest release that it is for', async () => {
    for (const release of ['3.1', '4.0', '4.1']) await putBase(release, files);
    const old = profileText('both', '/old');
    const newer = profileText('both', '/new').replace('abi/3.0', 'abi/4.0');
    const variants = { ...manifest, variants: ['3.0', '4.0'] };
    const draft = { name: 'both', version: '1.0.0', text: old, others: [newer] };
    await expectStatus(201, publish(registry, acme, { ...draft, manifest: variants }));
    await storedSummaries(7);
    // Those for other releases are stored too, but the variant is not for them.
    await read('/v1/profiles/acme/both/versions/1.0.0/summary?release=3.0&target=4.1');
    await storedSummaries(8);
    const first = await permits('/p/acme/both');
    expect(first).toContain('As AppArmor 3.1 compiles it');
    expect(first).toContain('/old');
    const second = await permits('/p/acme/both?variant=4.0');
    expect(second).toContain('As AppArmor 4.1 compiles it');
    expect(second).toContain('/new');
    expect(second).toContain('summary?release=4.0');
  });

  test('diagnostics stand below their lines and link to their explanation', async () => {
    const text = profileText('open').replace('/srv/open/** r,', '/** rw,');
    await expectStatus(201, publish(registry, acme, { name: 'open', version: '1.0.0', text }));
    const page = await read('/p/acme/open');
    const [, id = '', message = ''] =
      /<a class="finding \w+" href="\/explain\/([\w-]+)">([^<]+)</.exec(page) ?? [];
    expect(message).not.toBe('');
    const explained = await read(`/explain/${id}`);
    expect(explained).toContain(id);
    expect(await read('/explain')).toContain(`href="/explain/${id}"`);
    expect(await read('/explain/quota-exceeded')).toContain('Problem of the API, status 403');
    await expectStatus(404, registry.fetch('/explain/nothing'));
  });
});
