import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningRegistry, startRegistry } from '../../../worker/node.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
} from '../../publisher.ts';
import type { TestRegistry } from '../../runtimes.ts';
import { launch, missing } from './browser.ts';

const reason = missing.length > 0 ? ` (skipped: ${missing.join(', ')})` : '';

describe.skipIf(missing.length > 0)(`the catalog in Chromium${reason}`, () => {
  let folder: string;
  let running: RunningRegistry;
  let library: Publisher;
  let browser: { context: BrowserContext; close: () => Promise<void> };
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    running = await startRegistry({ data: folder, host: '127.0.0.1', port: 0 });
    const registry = {
      fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
      adminToken: running.adminToken,
    } as TestRegistry;
    library = await createPublisher(registry, 'library');
    const acme = await createPublisher(registry, 'acme');
    const nginx = await readFile(
      new URL('../../../profiles/docker-nginx/docker-nginx', import.meta.url),
      'utf8',
    );
    const drafts: [Publisher, string, string, string, string][] = [
      [library, 'docker-nginx', '1.0.0', nginx, 'nginx in a container'],
      [library, 'docker-nginx', '1.1.0', `${nginx}# later\n`, 'nginx in a container'],
      [
        acme,
        'web',
        '1.0.0',
        profileText('web').replace('/srv/web/** r,', '/** rw,'),
        'All <b>of</b> it & "more"',
      ],
    ];
    for (const [publisher, name, version, text, description] of drafts) {
      const draft = { name, version, text, manifest: { ...manifest, description } };
      await expectStatus(201, publish(registry, publisher, draft));
    }
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await running?.close();
    await rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    page = await browser.context.newPage();
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`));
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const open = (path: string) => page.goto(new URL(path, running.url).href);

  test('a newcomer finds a profile by searching and sees how to pull it', async () => {
    await open('/');
    expect(await page.locator('ul.profiles li').count()).toBe(2);
    await page.getByRole('searchbox').fill('nginx');
    await page.getByRole('button', { name: 'Search' }).click();
    expect(new URL(page.url()).search).toBe('?q=nginx');
    await page.getByRole('searchbox').fill('docker-nginx');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'library/docker-nginx' }).click();
    expect(await page.locator('h1').innerText()).toContain('library/docker-nginx 1.1.0');
    const text = await page.locator('main').innerText();
    expect(text).toContain('sudo aa-registry pull docker-nginx');
    expect(text).toContain(library.key.publicKey.keyId);
    expect(text).toContain('library key');
    expect(text).toContain('# later');
  });

  test('an older version is marked and pulled by its number', async () => {
    await open('/p/library/docker-nginx');
    await page.getByRole('link', { name: '1.0.0', exact: true }).click();
    expect(new URL(page.url()).pathname).toBe('/p/library/docker-nginx/1.0.0');
    const text = await page.locator('main').innerText();
    expect(text).toContain('pull docker-nginx@1.0.0');
    expect(text).toContain('The latest version is');
    expect(text).not.toContain('# later');
  });

  test('diagnostics link to their lines', async () => {
    await open('/p/acme/web');
    const findings = page.locator('h2:text("Lint") + ul li');
    expect(await findings.count()).toBeGreaterThan(0);
    await findings.getByRole('link', { name: 'Line 7' }).first().click();
    expect(new URL(page.url()).hash).toBe('#L7');
    expect(await page.locator('#L7').innerText()).toContain('/** rw,');
    expect(await page.locator('#L7').getAttribute('class')).toContain('warning');
  });

  test('text of publishers is escaped', async () => {
    await open('/');
    expect(await page.locator('main').innerText()).toContain('All <b>of</b> it & "more"');
    expect(await page.locator('main b').count()).toBe(0);
    await open(`/?q=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(await page.getByRole('searchbox').inputValue()).toBe('"><script>alert(1)</script>');
  });

  test('the copied source is the profile, without line numbers', async () => {
    await open('/p/acme/web');
    const lines = await page.locator('.source code > span').allInnerTexts();
    expect(lines.join('\n')).toContain(
      'profile web flags=(attach_disconnected, mediate_deleted) {',
    );
  });

  test('a missing profile has a page', async () => {
    const response = await open('/p/library/nothing');
    expect(response?.status()).toBe(404);
    expect(await page.locator('h1').innerText()).toBe('Not found');
    complaints = complaints.filter((text) => !text.includes('404'));
  });

  test('the API reference has an anchor for each operation and problem', async () => {
    await open('/');
    await page.getByRole('contentinfo').getByRole('link', { name: 'API' }).click();
    expect(new URL(page.url()).pathname).toBe('/docs');
    await page.getByRole('link', { name: 'Publish a version' }).first().click();
    expect(new URL(page.url()).hash).toBe('#publishVersion');
    const operation = page.locator('article', { has: page.locator('#publishVersion') });
    const text = await operation.innerText();
    expect(text).toContain('PUT /v1/profiles/{team}/{name}/versions/{version}');
    expect(text).toContain(
      'curl -X PUT "$AA_REGISTRY/v1/profiles/library/docker-nginx/versions/1.2.0"',
    );
    await operation.getByRole('link', { name: 'version-exists' }).click();
    expect(new URL(page.url()).hash).toBe('#problem-version-exists');
    expect(await page.locator('#problem-version-exists + dd').innerText()).toContain('immutable');
  });

  test('every link within the API reference has a target', async () => {
    await open('/docs');
    const [count, broken] = (await page.evaluate(`(() => {
      const links = [...document.querySelectorAll('main a[href^="#"]')].map((a) => a.hash.slice(1));
      return [links.length, links.filter((id) => !document.getElementById(id))];
    })()`)) as [number, string[]];
    expect(count).toBeGreaterThan(200);
    expect(broken).toEqual([]);
  });

  test.each(['/', '/docs', '/p/library/docker-nginx', '/p/library/nothing'])(
    '%s fits a narrow screen',
    async (path) => {
      await page.setViewportSize({ width: 320, height: 640 });
      await open(path);
      const wide = await page.evaluate(
        'document.documentElement.scrollWidth > document.documentElement.clientWidth',
      );
      expect(wide).toBe(false);
      complaints = complaints.filter((text) => !text.includes('404'));
    },
  );

  test('older versions are on another page', async () => {
    const registry = {
      fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
    } as TestRegistry;
    for (let minor = 0; minor <= 100; minor++) {
      const draft = { name: 'often', version: `1.${minor}.0` };
      await expectStatus(201, publish(registry, library, draft));
    }
    await page.goto(`${running.url}/p/library/often`);
    expect(await page.locator('#versions ~ .scroll tbody tr').count()).toBe(100);
    await page.getByRole('link', { name: 'Older versions' }).click();
    expect(await page.locator('#versions ~ .scroll tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^1\.0\.0/),
    ]);
    expect(await page.getByRole('link', { name: 'Older versions' }).count()).toBe(0);
    await page.goto(`${running.url}/p/library/often?below=nothing`);
    expect(await page.locator('#versions ~ .scroll tbody tr').count()).toBe(100);
  });

  test('variants are tabs, and each runtime has its lines', async () => {
    const registry = {
      fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
    } as TestRegistry;
    const old = profileText('both');
    const others = [old.replace('abi/3.0', 'abi/4.0').replace('\n}\n', '\n  userns create,\n}\n')];
    const run = { arguments: ['a b'], readonly: true };
    const its = { ...manifest, variants: ['3.0', '4.0'], run };
    const draft = { name: 'both', version: '1.0.0', text: old, others, manifest: its };
    await expectStatus(201, publish(registry, library, draft));
    await open('/p/library/both');
    expect(await page.locator('pre.source').innerText()).not.toContain('userns create');
    const tabs = page.getByRole('navigation', { name: 'Variants' });
    expect(await tabs.locator('[aria-current]').innerText()).toBe('AppArmor 3.0 and newer');
    await tabs.getByRole('link', { name: 'AppArmor 4.0 and newer' }).click();
    expect(await page.locator('pre.source').innerText()).toContain('userns create');
    await page.locator('h2:text("Lint") + ul').getByRole('link', { name: 'Line 9' }).click();
    expect(await page.locator('#L9').innerText()).toContain('userns create');
    const shown = page.locator('.tabs .panel:visible');
    expect(await shown.innerText()).toContain('docker run');
    await page.getByText('Compose', { exact: true }).click();
    expect(await shown.innerText()).toContain('command: ["a b"]');
    await page.setViewportSize({ width: 320, height: 640 });
    const wide = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    expect(wide).toBe(false);
    await tabs.getByRole('link', { name: 'AppArmor 3.0 and newer' }).click();
    expect(await page.locator('pre.source').innerText()).not.toContain('userns create');
  });
});
