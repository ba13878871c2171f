// The playground: an editor that checks, formats and questions profiles in the browser.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningRegistry, startRegistry } from '../../../worker/node.ts';
import { expectStatus, send } from '../../publisher.ts';
import type { TestRegistry } from '../../runtimes.ts';
import { type Browser, launch, missing } from './browser.ts';

const reason = missing.length > 0 ? ` (skipped: ${missing.join(', ')})` : '';

const profile = `abi <abi/3.0>,
profile web {
  /etc/** r,
  /srv/** rw,
  capability sys_admin,
}
`;

/** The fragment of a link with bytes in it, written here from its description. */
const fragmentOf = (bytes: string | Uint8Array) =>
  `#1=${deflateRawSync(bytes).toString('base64url')}`;

describe.skipIf(missing.length > 0)(`the playground in Chromium${reason}`, () => {
  let folder: string;
  let running: RunningRegistry;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let sent: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    running = await startRegistry({ data: folder, host: '127.0.0.1', port: 0 });
    const registry = {
      fetch: (to: string, init?: RequestInit) => fetch(new URL(to, running.url), init),
    } as TestRegistry;
    const files = { 'abi/3.0': '', 'abstractions/base': '/dev/null rw,\n' };
    const put = send(registry, 'PUT', '/v1/bases/3.0', { files }, running.adminToken);
    await expectStatus(201, put);
    browser = await launch();
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  });
  afterAll(async () => {
    await browser?.close();
    await running?.close();
    await rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    page = await browser.context.newPage();
    complaints = [];
    sent = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      sent.push(`${request.method()} ${pathname}${search}${request.postData() ?? ''}`);
    });
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const open = async (fragment = fragmentOf(profile)) => {
    await page.goto(new URL(`/playground${fragment}`, running.url).href);
    await page.locator('[data-part="diagnostics"] > *').first().waitFor();
  };
  const editor = () => page.getByRole('textbox', { name: 'Profile' });
  const part = (name: string) => page.locator(`[data-part="${name}"]`);
  /** Replaces the text as a user does, by typing. */
  const type = async (text: string) => {
    await editor().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(text);
  };
  const text = async () => (await editor().locator('.cm-line').allTextContents()).join('\n');

  test('diagnostics and the summary follow what one types', async () => {
    await open();
    await part('summary')
      .getByText('sys_admin')
      .or(part('summary').locator('.high'))
      .first()
      .waitFor();
    await type('profile web {\n  /etc/passwd q,\n}\n');
    await part('diagnostics').getByRole('button', { name: 'Line 2' }).first().waitFor();
    expect(await part('diagnostics').innerText()).toContain('error');
    expect(await part('summary').innerText()).toContain('The text has errors.');
    await part('diagnostics').getByRole('button', { name: 'Line 2' }).first().click();
    await page.keyboard.press('End');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('r,');
    await part('summary').locator('.permits').first().waitFor();
    expect(await text()).toContain('/etc/passwd r,');
  });

  test('characters of a linked text that are not seen are spelt out, and stay in it', async () => {
    const hidden = 'abi <abi/3.0>,\nprofile web {\n  # \u{202e}a\u{200b}\t\u{2066}\u{e0041}\n}\n';
    await open(fragmentOf(hidden));
    expect(await text()).toContain('  # \\u{202e}a\\u{200b}\t\\u{2066}\\u{e0041}\n');
    await page.getByRole('button', { name: 'Share by link' }).click();
    await page.getByText('The link is copied.').waitFor();
    const { hash } = new URL(page.url());
    expect(inflateRawSync(Buffer.from(hash.slice('#1='.length), 'base64url')).toString()).toBe(
      hidden,
    );
  });

  test('a quick fix changes the text', async () => {
    await open(fragmentOf('abi <abi/3.0>,\r\nprofile web {\r\n  capability sys_admn,\r\n}\r\n'));
    await part('diagnostics').getByText('capability-name').waitFor();
    await editor().click();
    // The list of the editor's diagnostics, by the keyboard.
    await page.keyboard.press('Control+Shift+M');
    const panel = page.locator('.cm-panel-lint');
    await panel.getByRole('button', { name: 'Fix' }).click();
    await part('diagnostics').getByText('capability-name').waitFor({ state: 'hidden' });
    expect(await text()).toContain('  capability sys_admin,\n');
  });

  test('a text is formatted, which can be undone; one with errors is left', async () => {
    await open(fragmentOf('profile   web   {\n/etc/passwd   r,\n}\n'));
    await page.getByRole('button', { name: 'Format' }).click();
    await page.getByText('Formatted.').waitFor();
    expect(await text()).toBe('profile web {\n  /etc/passwd r,\n}\n');
    await editor().click();
    await page.keyboard.press('Control+Z');
    expect(await text()).toContain('profile   web   {');
    await type('profile {{{');
    await page.getByRole('button', { name: 'Format' }).click();
    await page.getByText('A text with errors is not formatted.').waitFor();
    expect(await text()).toBe('profile {{{');
  });

  test('operations are tried, with the base policy', async () => {
    await open(fragmentOf(profile.replace('{', '{\n  include <abstractions/base>')));
    await page.getByLabel('What').fill('/srv/file');
    await page.getByLabel('May it').selectOption('write');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Answer' }).click();
    await part('answer').getByText('yes', { exact: true }).waitFor();
    expect(await part('answer').innerText()).toContain('/srv/** rw,');
    await page.getByLabel('What').fill('/dev/null');
    await page.getByRole('button', { name: 'Answer' }).click();
    await part('answer').getByText('abstractions/base, line 1').waitFor();
    await page.getByLabel('Base policy').selectOption('');
    await page.getByRole('button', { name: 'Answer' }).click();
    await part('answer').getByText('unknown: not all included files could be read').waitFor();
  });

  test('a link has the text in it, and nothing of it is sent', async () => {
    await open('');
    await type('profile secret-name {\n}\n');
    await page.getByRole('button', { name: 'Share by link' }).click();
    await page.getByText('The link is copied.').waitFor();
    const link = (await page.evaluate('navigator.clipboard.readText()')) as string;
    await page.goto('about:blank');
    await page.goto(link);
    await page.locator('[data-part="diagnostics"] > *').first().waitFor();
    expect(await text()).toBe('profile secret-name {\n}\n');
    const allowed =
      /^GET (\/playground(-worker)?(\.js)?|\/catalog\.(js|css)|\/favicon\.svg|\/v1\/bases(\/sha256:[0-9a-f]+)?|blank)$/;
    expect(sent.filter((one) => !allowed.test(one))).toEqual([]);
  });

  test.each([
    ['is not DEFLATE', '#1=AAAA'],
    ['is not base64', '#1=<script>alert(1)</script>'],
    ['has another form', '#2=AAAA'],
    ['is not UTF-8', fragmentOf(Uint8Array.of(0xff, 0xfe))],
    ['has a text of many megabytes', fragmentOf('a'.repeat(64 << 20))],
    ['is very long', `#1=${'A'.repeat(600_000)}`],
  ])('a link that %s is refused', async (_, fragment) => {
    await open(fragment);
    expect(await part('status').innerText()).toContain('no readable text');
    expect(await text()).toContain('profile example');
  });

  test('a hostile text in a link is only text', async () => {
    const hostile = '<img src=x onerror=alert(1)> "><script>alert(1)</script>\nprofile <b> {}\n';
    await open(fragmentOf(hostile));
    expect(await text()).toBe(hostile);
    expect(await page.locator('#playground img, #playground b, #playground script').count()).toBe(
      0,
    );
    expect(await part('diagnostics').innerText()).toContain('error');
  });

  test('a worker that takes too long is ended', async () => {
    await page.route('**/playground-worker.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: 'for (;;);' }),
    );
    await page.clock.install();
    await page.goto(new URL('/playground', running.url).href);
    await expect.poll(() => page.workers().length, { timeout: 60_000 }).toBe(1);
    await page.clock.fastForward(10_000);
    await page.getByText('It takes too long').waitFor();
    await page.unrouteAll();
  });

  test('a file is opened', async () => {
    await open('');
    const file = { name: 'web', mimeType: 'text/plain', buffer: Buffer.from(profile) };
    await page.getByLabel('Open').setInputFiles(file);
    await part('summary').locator('.permits').first().waitFor();
    expect(await text()).toBe(profile);
    const large = { ...file, buffer: Buffer.alloc(300 * 1024, 'a') };
    await page.getByLabel('Open').setInputFiles(large);
    await page.getByText('The file is too large.').waitFor();
    expect(await text()).toBe(profile);
  });

  test('Tab leaves the editor', async () => {
    await open();
    await editor().click();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.closest("[data-part=editor]")')).toBe(null);
    expect(await text()).toBe(profile);
  });

  test('axe finds nothing, and the page fits 360 pixels', async () => {
    const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
    for (const [colorScheme, width] of [
      ['light', 360],
      ['dark', 1440],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await open(fragmentOf(`${profile}profile x {\n  /etc/x q,\n}`));
      await page.evaluate(axe);
      expect(await page.evaluate('axe.run().then(({ violations }) => violations)')).toEqual([]);
      const isWide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
      expect(await page.evaluate(isWide)).toBe(false);
    }
  });

  test('without scripts, the page names the command', async () => {
    const context = await browser.withoutScripts();
    try {
      const plain = await context.newPage();
      await plain.goto(new URL('/playground', running.url).href);
      expect(await plain.locator('main').innerText()).toContain('aa-registry lint FILE');
      expect(await plain.getByRole('button', { name: 'Format' }).count()).toBe(0);
    } finally {
      await context.close();
    }
  });
});
