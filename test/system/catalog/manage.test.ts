// Signing in and managing in a browser, with a keyboard and without scripts.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningRegistry, startRegistry } from '../../../worker/node.ts';
import { createPublisher, expectStatus, type Publisher, publish } from '../../publisher.ts';
import type { TestRegistry } from '../../runtimes.ts';
import { type Browser, launch, missing } from './browser.ts';

const reason = missing.length > 0 ? ` (skipped: ${missing.join(', ')})` : '';

const pages = [
  ...['/manage', '/manage/tokens', '/manage/t/acme', '/manage/p/acme/web'],
  ...['/manage/t/acme/add-key', '/manage/t/acme/create-token', '/manage/t/acme/add-publisher'],
  ...['/manage/p/acme/web/yank?version=1.0.0', '/manage/p/acme/web/move-channel', '/t/acme'],
];

describe.skipIf(missing.length > 0)(`managing in Chromium${reason}`, () => {
  let folder: string;
  let running: RunningRegistry;
  let browser: Browser;
  let acme: Publisher;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    running = await startRegistry({ data: folder, host: '127.0.0.1', port: 0 });
    const registry = {
      fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
      adminToken: running.adminToken,
    } as TestRegistry;
    acme = await createPublisher(registry, 'acme');
    for (const version of ['1.0.0', '1.1.0']) {
      await expectStatus(201, publish(registry, acme, { name: 'web', version }));
    }
    browser = await launch();
    const context = await browser.withoutScripts();
    page = await context.newPage();
  });
  afterAll(async () => {
    await browser?.close();
    await running?.close();
    await rm(folder, { recursive: true });
  });

  const open = (path: string, on = page) => on.goto(new URL(path, running.url).href);
  const signIn = async (on: Page) => {
    await on.getByLabel('API token').fill(acme.token);
    await on.keyboard.press('Enter');
  };

  test('an owner signs in on the way to a page, moves a channel and yanks a version', async () => {
    await open('/manage/t/acme');
    await signIn(page);
    await page.waitForURL('**/manage/t/acme');
    await page.getByRole('link', { name: 'web', exact: true }).click();
    await page.getByRole('link', { name: 'Add a channel' }).click();
    await page.getByLabel('Channel').fill('stable');
    await page.getByLabel('To version').selectOption('1.0.0');
    await page.getByRole('button', { name: 'Move a channel' }).press('Enter');
    await page.getByRole('status').getByText('The channel was moved.').waitFor();
    await page.getByRole('link', { name: 'Yank 1.1.0' }).click();
    await page.getByLabel('Reason').fill('too wide');
    const confirm = page.getByLabel('To confirm, type acme/web@1.1.0');
    await confirm.fill('acme/web');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Not confirmed').waitFor();
    expect(await page.getByLabel('Reason').inputValue()).toBe('too wide');
    await confirm.fill('acme/web@1.1.0');
    await page.keyboard.press('Enter');
    await page.getByText('yanked: too wide').waitFor();
  });

  test('a token is shown once', async () => {
    await open('/manage/t/acme/create-token');
    await page.getByLabel('Name').fill('ci');
    await page.getByRole('button', { name: 'Create a token' }).click();
    expect(await page.locator('.command code').innerText()).toMatch(/^aar_/);
    await page.getByRole('link', { name: 'Back to acme' }).click();
    const list = await page.locator('main').innerText();
    expect(list).toContain('ci');
    expect(list).not.toContain('aar_');
  });

  test('axe finds nothing, in light and dark, and the pages fit 360 pixels', async () => {
    const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
    const scripted = await browser.context.newPage();
    const complaints: string[] = [];
    scripted.on('console', (message) => complaints.push(message.text()));
    await scripted.setViewportSize({ width: 360, height: 800 });
    await open('/sign-in', scripted);
    await signIn(scripted);
    await scripted.waitForURL(new URL('/', running.url).href);
    for (const path of pages) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await scripted.emulateMedia({ colorScheme });
        await open(path, scripted);
        await scripted.evaluate(axe);
        const found = (await scripted.evaluate(
          'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)]))',
        )) as unknown[];
        expect(found, path).toEqual([]);
        const isWide =
          'document.documentElement.scrollWidth > document.documentElement.clientWidth';
        expect(await scripted.evaluate(isWide), path).toBe(false);
      }
    }
    expect(complaints).toEqual([]);
    await scripted.close();
  });

  test('signing out ends the session', async () => {
    const { name, value } = (await page.context().cookies())[0] ?? { name: '', value: '' };
    expect(name).toBe('aa-registry-session');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
    const headers = { Cookie: `${name}=${value}` };
    const after = await fetch(new URL('/manage', running.url), { headers, redirect: 'manual' });
    expect(after.status).toBe(303);
  });
});
