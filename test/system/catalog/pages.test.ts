// The pages that compare, follow and copy, and all pages for people who use a keyboard, a small screen or no scripts.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningRegistry, startRegistry } from '../../../worker/node.ts';
import { createPublisher, expectStatus, manifest, publish, send } from '../../publisher.ts';
import type { TestRegistry } from '../../runtimes.ts';
import { type Browser, launch, missing } from './browser.ts';

const reason = missing.length > 0 ? ` (skipped: ${missing.join(', ')})` : '';

const pages = [
  ...['/', '/?q=nginx', '/teams', '/t/library', '/log', '/explain', '/explain/no-abi', '/sign-in'],
  ...['/p/library/docker-nginx', '/p/library/docker-nginx/compare?from=1.0.0&to=1.1.0'],
  ...['/p/library/docker-nginx/compare', '/docs', '/p/library/docker-nginx?unfold=3.0'],
];

describe.skipIf(missing.length > 0)(`pages of the catalog in Chromium${reason}`, () => {
  let folder: string;
  let running: RunningRegistry;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let axe: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    running = await startRegistry({ data: folder, host: '127.0.0.1', port: 0 });
    const registry = {
      fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
      adminToken: running.adminToken,
    } as TestRegistry;
    const library = await createPublisher(registry, 'library');
    const files = { 'abi/3.0': '', 'tunables/global': '@{PROC}=/proc/\n', 'abstractions/base': '' };
    const { adminToken } = running;
    await expectStatus(201, send(registry, 'PUT', '/v1/bases/3.0', { files }, adminToken));
    const source = new URL('../../../profiles/docker-nginx/docker-nginx', import.meta.url);
    const nginx = await readFile(source, 'utf8');
    for (const [version, text] of [
      ['1.0.0', nginx],
      ['1.1.0', nginx.replace('\n}\n', '\n  capability sys_admin,\n}\n')],
    ] as const) {
      const its = { ...manifest, description: 'nginx in a container', tags: ['web'] };
      const draft = { name: 'docker-nginx', version, text, manifest: its };
      await expectStatus(201, publish(registry, library, draft));
      const summary = `/v1/profiles/library/docker-nginx/versions/${version}/summary`;
      await expectStatus(200, registry.fetch(summary));
    }
    browser = await launch();
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
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
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const open = (path: string, on = page) => on.goto(new URL(path, running.url).href);

  test.each(pages)(
    'axe finds nothing on %s, in light and dark, and it fits 360 pixels',
    async (path) => {
      await page.setViewportSize({ width: 360, height: 800 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await open(path);
        // Folded parts are checked too.
        await page.evaluate(
          'for (const one of document.querySelectorAll("details")) one.open = true',
        );
        await page.evaluate(axe);
        const found = (await page.evaluate(
          'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)]))',
        )) as unknown[];
        expect(found).toEqual([]);
        const isWide =
          'document.documentElement.scrollWidth > document.documentElement.clientWidth';
        expect(await page.evaluate(isWide)).toBe(false);
      }
    },
  );

  test('a reviewer sees what a version gained, and goes to its line', async () => {
    await open('/p/library/docker-nginx');
    await page.getByRole('link', { name: 'since 1.0.0' }).click();
    expect(page.url()).toContain('/p/library/docker-nginx/compare?from=1.0.0&to=1.1.0');
    const text = await page.locator('main').innerText();
    expect(text).toContain('1.1.0 permits what 1.0.0 does not');
    expect(text).toContain('+  capability sys_admin,');
    await page.locator('.class .more').getByRole('link').click();
    const line = page.locator(`#L${new URL(page.url()).hash.slice(2)}`);
    expect(await line.innerText()).toContain('capability sys_admin,');
  });

  test('any two profiles are compared with the form', async () => {
    await open('/p/library/docker-nginx');
    await page.getByRole('link', { name: 'Compare with docker-default' }).click();
    expect(await page.getByLabel('From').inputValue()).toBe('docker-default');
    await page.getByLabel('From').fill('1.1.0');
    await page.getByLabel('To').fill('1.0.0');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/compare?from=1.1.0&to=1.0.0');
    expect(await page.locator('main').innerText()).toContain('1.0.0 permits nothing that 1.1.0');
  });

  test('commands are copied', async () => {
    await open('/p/library/docker-nginx');
    const pull = page.locator('.command', { hasText: 'aa-registry pull' });
    await pull.getByRole('button').click();
    await pull.getByText('Copied').waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe('sudo aa-registry pull docker-nginx');
  });

  test('each runtime has a tab, for the keyboard too', async () => {
    await open('/p/library/docker-nginx');
    await page.getByRole('radio', { name: 'Docker', exact: true }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const panels = page.locator('.tabs .panel:visible');
    expect(await panels.count()).toBe(1);
    expect(await panels.innerText()).toContain('appArmorProfile');
  });

  test('results follow what one types, and the address with them', async () => {
    await open('/');
    const field = page.getByRole('searchbox');
    await field.pressSequentially('no such');
    await page.getByText('No profiles match').waitFor();
    expect(new URL(page.url()).search).toBe('?q=no+such');
    await field.fill('ngi');
    await page.getByRole('link', { name: 'library/docker-nginx' }).waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('q');
    expect(await page.getByRole('status').innerText()).toContain('1');
  });

  test('without scripts, nothing is missing but the buttons', async () => {
    const context = await browser.withoutScripts();
    try {
      const plain = await context.newPage();
      await open('/', plain);
      await plain.getByRole('searchbox').fill('nginx');
      await plain.getByRole('button', { name: 'Search' }).click();
      await plain.getByRole('link', { name: 'library/docker-nginx' }).click();
      expect(await plain.locator('.command button').count()).toBe(0);
      await plain.getByText('Kubernetes', { exact: true }).click();
      expect(await plain.locator('.panel:visible').innerText()).toContain('appArmorProfile');
      await plain.getByText(/^\d+ closed$/).click();
      expect(await plain.locator('.ways .closed').first().isVisible()).toBe(true);
    } finally {
      await context.close();
    }
  });
});
