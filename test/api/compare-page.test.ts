import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Diff } from '../../contract/index.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  publish,
  send,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import { signIn } from '../sign-in.ts';

const profile = (name: string, rules: string) =>
  `abi <abi/3.0>,\ninclude <tunables/global>\nprofile ${name} {\n  include <abstractions/base>\n${rules}\n}\n`;

const files = {
  'abi/3.0': 'query {label {multi_transaction {yes\n}\n}\n}\n',
  'tunables/global': '@{PROC}=/proc/\n',
  'abstractions/base': '  /dev/null w,\n',
};

const hostile = '# <script>alert(1)</script> \u202e';

describe.each(runtimes)('the page of a comparison on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;
  let quiet: Publisher;

  const read = async (query: string, headers: Record<string, string> = {}) =>
    (await expectStatus(200, registry.fetch(`/p/acme/web/compare${query}`, { headers }))).text();
  const cookieOf = ({ token }: Publisher) => signIn(registry, token);
  /** The differences of a class, with the words for their effects. */
  const ofClass = (page: string, name: string) => {
    const [, after = ''] = page.split(`<h3>${name}</h3>`);
    const [list = ''] = after.split('</ul>');
    return [...list.matchAll(/<li class="(\w+)">.*?<code>(.*?)<\/code>/gs)].map(
      ([, effect, text]) => `${effect} ${text}`,
    );
  };

  beforeAll(async () => {
    registry = await start();
    acme = await createPublisher(registry, 'acme');
    quiet = await createPublisher(registry, 'quiet');
    const path = '/v1/bases/3.0';
    await expectStatus(201, send(registry, 'PUT', path, { files }, registry.adminToken));
    const drafts: [string, string, string][] = [
      ['web', '1.0.0', '  /etc/web/* r,\n  capability chown,'],
      ['web', '1.1.0', `  /etc/web/* rw,\n  capability sys_admin,\n  ${hostile}`],
      ['web', '1.2.0', `  /etc/web/* rw,\n  capability sys_admin,`],
      ['many', '1.0.0', Array.from({ length: 600 }, (_, at) => `  /srv/${at} r,`).join('\n')],
      ['hidden', '1.0.0', '  /etc/confidential r,'],
    ];
    for (const [name, version, rules] of drafts) {
      const text = profile(name, rules);
      await expectStatus(201, publish(registry, acme, { name, version, text }));
    }
    const its = { ...manifest, variants: ['3.0', '4.0'] };
    const text = profile('both', '  /a r,');
    const others = [profile('both', '  /b r,')];
    const draft = { name: 'both', version: '1.0.0', text, others, manifest: its };
    await expectStatus(201, publish(registry, acme, draft));
    const visibility = { visibility: 'private' };
    const hide = '/v1/profiles/acme/hidden/visibility';
    await expectStatus(200, send(registry, 'PUT', hide, visibility, acme.token));
  });
  afterAll(() => registry.close());

  test('permissions are gained and lost by class, with the lines of their rules', async () => {
    const page = await read('?from=1.0.0&to=1.1.0');
    expect(page).toContain('<strong>Wider.</strong> 1.1.0 permits what 1.0.0 does not.');
    expect(ofClass(page, 'file')).toEqual([expect.stringMatching(/^more \+ .*w.*: \/etc\/web\//)]);
    expect(ofClass(page, 'capability')).toEqual([
      expect.stringMatching(/^more \+ .*sys_admin/),
      expect.stringMatching(/^less - .*chown/),
    ]);
    expect(page).toContain('<a href="/p/acme/web/1.1.0#L6" title="capability sys_admin,">');
    expect(page).toContain('<a href="/p/acme/web/1.0.0#L6" title="capability chown,">');
    expect(page).toContain(
      '<link rel="canonical" href="/p/acme/web/compare?from=1.0.0&amp;to=1.1.0"',
    );
  });

  test('the other direction is narrower, and a comment changes no permission', async () => {
    const back = await read('?from=1.1.0&to=1.0.0');
    expect(ofClass(back, 'file')).toEqual([expect.stringMatching(/^less - /)]);
    const comment = await read('?from=1.1.0&to=1.2.0');
    expect(comment).toContain('Both permit the same.');
    expect(comment).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(comment).toContain('<span class="unseen">\\u{202e}</span>');
    expect(await read('?from=1.2.0&to=1.2.0')).toContain('Both texts are the same.');
  });

  test('changed lines stand in a unified diff', async () => {
    const page = await read('?from=1.0.0&to=1.1.0');
    expect(page).toContain('<del>-  /etc/web/* r,</del>');
    expect(page).toContain('<ins>+  /etc/web/* rw,</ins>');
    expect(page).toContain('<span>   include &lt;abstractions/base&gt;</span>');
  });

  test('texts with too many changes are compared by what they permit only', async () => {
    const page = await read('?from=1.0.0&to=acme/many@1.0.0');
    expect(page).toContain('the texts differ in more than 500 lines');
    expect(ofClass(page, 'file').length).toBeGreaterThan(1);
  });

  test.each([
    ['', 'docker-default', '1.2.0'],
    ['?from=&to=', 'docker-default', '1.2.0'],
    ['?from=1.0.0', '1.0.0', '1.2.0'],
    ['?to=1.0.0', 'docker-default', '1.0.0'],
    ['?from=1.1.0&to=docker-default', '1.1.0', 'docker-default'],
    ['?from=acme/many@1.0.0&to=1.0.0', 'acme/many@1.0.0', '1.0.0'],
    ['?from=acme%2Fmany%401.0.0&to=1.0.0', 'acme/many@1.0.0', '1.0.0'],
    ['?from=acme/web@1.0.0&to=1.1.0', '1.0.0', '1.1.0'],
  ])('%s has a permalink', async (query, from, to) => {
    const [, canonical = ''] = /rel="canonical" href="([^"]*)"/.exec(await read(query)) ?? [];
    expect(canonical).toBe(`/p/acme/web/compare?from=${from}&amp;to=${to}`);
  });

  test.each([
    ['?from=9.9.9&to=1.0.0', 404, 'does not exist'],
    ['?from=1.0.0&to=acme/none@1.0.0', 404, 'does not exist'],
    ['?from=1.0.0&to=acme/web@^1', 400, 'to: must be a version'],
    ['?from=%00', 400, 'from: must be a version'],
    [`?to=${encodeURIComponent('"><script>')}`, 400, 'to: must be a version'],
  ])('%s is refused with the form', async (query, status, reason) => {
    const path = `/p/acme/web/compare${query}`;
    const page = await (await expectStatus(status, registry.fetch(path))).text();
    expect(page).toContain(reason);
    expect(page).toContain('name="from"');
    expect(page).not.toContain('<script>');
    const headers = { Accept: 'application/json' };
    const problem = await expectStatus(status, registry.fetch(path, { headers }));
    expect(problem.headers.get('Content-Type')).toContain('application/problem+json');
  });

  test('a private profile is its team’s only, on either side', async () => {
    for (const path of [
      '/p/acme/hidden/compare?from=docker-default&to=1.0.0',
      '/p/acme/web/compare?from=acme/hidden@1.0.0&to=1.0.0',
      '/p/acme/web/compare?from=1.0.0&to=acme/hidden@1.0.0',
    ]) {
      for (const headers of [{}, await cookieOf(quiet)]) {
        const response = await expectStatus(404, registry.fetch(path, { headers }));
        expect(await response.text()).not.toContain('confidential');
      }
      const own = await expectStatus(200, registry.fetch(path, { headers: await cookieOf(acme) }));
      expect(await own.text()).toContain('/etc/confidential');
      expect(own.headers.get('Cache-Control')).toBe('private, no-store');
    }
  });

  test('variants are compared by release', async () => {
    const page = await read('?from=1.0.0&to=acme/both@1.0.0');
    expect(page).toContain('/p/acme/both/1.0.0?variant=3.0');
    expect(page).toContain('<ins>+  /a r,</ins>');
    const [, link = ''] = /href="([^"]*release=4\.0)"/.exec(page) ?? [];
    const path = link.replaceAll('&amp;', '&');
    const other = await (await expectStatus(200, registry.fetch(path))).text();
    expect(other).toContain('<ins>+  /b r,</ins>');
    expect(other).toContain('aria-current="page">AppArmor 4.0');
  });

  test('JSON is the diff of the API', async () => {
    const found = await read('?from=1.0.0&to=1.1.0', { Accept: 'application/json' });
    const api = '/v1/profiles/acme/web/versions/1.0.0/diff?to=1.1.0';
    const diff = Diff.parse(JSON.parse(found));
    expect(diff).toEqual(await (await expectStatus(200, registry.fetch(api))).json());
  });

  test('a version links to the comparison with the one before it, and with docker-default', async () => {
    const page = await (await expectStatus(200, registry.fetch('/p/acme/web'))).text();
    const links = [...page.matchAll(/href="([^"]*compare[^"]*)"/g)].map(([, href]) => href);
    expect(links).toEqual([
      '/p/acme/web/compare?from=docker-default&amp;to=1.2.0',
      '/p/acme/web/compare?from=1.1.0&amp;to=1.2.0',
      '/p/acme/web/compare?from=1.0.0&amp;to=1.1.0',
    ]);
  });
});
