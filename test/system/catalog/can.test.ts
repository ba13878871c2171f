// The form of a profile's page that answers in the browser whether the profile permits an operation.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningRegistry, startRegistry } from '../../../worker/node.ts';
import { createPublisher, expectStatus, publish, send } from '../../publisher.ts';
import type { TestRegistry } from '../../runtimes.ts';
import { type Browser, launch, missing } from './browser.ts';

const reason = missing.length > 0 ? ` (skipped: ${missing.join(', ')})` : '';

const text = `abi <abi/3.0>,
include <tunables/global>

profile web {
  include <abstractions/base>
  /etc/** r,
  deny /etc/shadow r,
  owner /srv/*.txt rw,
  /usr/bin/env ix,
  capability kill,
  network inet stream,
}
`;

const files = {
  'abi/3.0': '',
  'tunables/global': '@{PROC}=/proc/\n',
  'abstractions/base': '/dev/null rw,\n',
};

describe.skipIf(missing.length > 0)(`trying operations in Chromium${reason}`, () => {
  let folder: string;
  let running: RunningRegistry;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    running = await startRegistry({ data: folder, host: '127.0.0.1', port: 0 });
    const registry = {
      fetch: (to: string, init?: RequestInit) => fetch(new URL(to, running.url), init),
      adminToken: running.adminToken,
    } as TestRegistry;
    const library = await createPublisher(registry, 'library');
    const draft = (name: string, profile: string) =>
      expectStatus(
        201,
        publish(registry, library, { name, version: '1.0.0', text: profile.replace('web', name) }),
      );
    // Published before there is a base policy.
    await draft('early', text);
    const { adminToken } = running;
    await expectStatus(201, send(registry, 'PUT', '/v1/bases/3.0', { files }, adminToken));
    await draft('web', text);
    await draft('hats', `${text.replace(/\n}\n$/, '\n  ^inner {\n    /etc/passwd w,\n  }\n}\n')}`);
    for (const name of ['web', 'hats']) {
      const summary = `/v1/profiles/library/${name}/versions/1.0.0/summary?target=3.0`;
      await expectStatus(200, registry.fetch(summary));
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
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const open = (name: string) => page.goto(new URL(`/p/library/${name}`, running.url).href);
  const result = () => page.locator('#attempt [aria-live]').innerText();
  const ask = async (operation: string, value: string, owner = false) => {
    await page.getByLabel('May it').selectOption(operation);
    await page.getByLabel('What').fill(value);
    await page.getByLabel('of its own files').setChecked(owner);
    await page.getByRole('button', { name: 'Answer' }).click();
    await page.locator('#attempt button:enabled').waitFor();
    return result();
  };

  test('answers are those of the command, with the rules that decide', async () => {
    await open('web');
    for (const [operation, value, owner, ...expected] of [
      ['read', '/etc/passwd', false, 'yes', 'Line 6', '/etc/** r,'],
      ['read', '/etc/shadow', false, 'no', 'Line 7', 'deny /etc/shadow r,'],
      ['write', '/etc/passwd', false, 'no: no rule allows it'],
      ['write', '/srv/a.txt', false, 'only for the owner', 'Line 8'],
      ['write', '/srv/a.txt', true, 'yes', 'Line 8'],
      ['exec', '/usr/bin/env', false, 'yes', 'Line 9'],
      ['read', '/dev/null', false, 'yes', 'abstractions/base, line 1', '/dev/null rw,'],
      ['capability', 'CAP_KILL', false, 'yes', 'Line 10'],
      ['capability', 'sys_admin', false, 'no: no rule allows it'],
      ['network', 'inet stream', false, 'yes', 'Line 11'],
      ['network', 'inet6 stream', false, 'no'],
    ] as const) {
      const shown = await ask(operation, value, owner);
      for (const part of expected) expect(shown).toContain(part);
    }
  });

  test('the keyboard asks, and a rule leads to its line', async () => {
    await open('web');
    await page.getByLabel('What').fill('/etc/shadow');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Line 7' }).last().waitFor();
    await page.locator('#attempt').getByRole('link', { name: 'Line 7' }).click();
    expect(new URL(page.url()).hash).toBe('#L7');
    expect(await page.locator('#L7').innerText()).toContain('deny /etc/shadow r,');
  });

  test('each profile of a file answers', async () => {
    await open('hats');
    const shown = await ask('write', '/etc/passwd');
    expect(shown).toContain('hats: no: no rule allows it');
    expect(shown).toContain('hats//inner: yes');
  });

  test('without the base policy the answer is unknown, and says what was not read', async () => {
    await open('early');
    await page.evaluate(`document.getElementById('attempt').dataset.base = ''`);
    const shown = await ask('read', '/etc/passwd');
    expect(shown).toContain('unknown: not all included files could be read');
    expect(shown).toContain('<tunables/global>, <abstractions/base>');
  });

  test('what is not a question is said', async () => {
    await open('web');
    for (const [operation, value, message] of [
      ['read', 'etc/passwd', 'Name an absolute path'],
      ['read', '/etc/../passwd', 'Name an absolute path'],
      ['read', '//etc', 'Name an absolute path'],
      ['capability', 'root', 'not a capability'],
      ['network', 'inet', 'Name a family and a type'],
      ['network', 'inet stream tcp', 'Name a family and a type'],
      ['network', 'nothing stream', 'Name a family and a type'],
    ] as const) {
      expect(await ask(operation, value)).toContain(message);
    }
  });

  test('hostile values and rules are text', async () => {
    await open('web');
    expect(await ask('read', '/etc/<img src=x onerror=alert(1)>\u202e')).toContain('yes');
    await page.route('**/versions/1.0.0/profile', (route) =>
      route.fulfill({ body: 'profile "<img src=x>" { /etc/** r, <b> }' }),
    );
    await page.reload();
    expect(await ask('read', '/etc/passwd')).toContain('refuses the profile: line 1');
    expect(await page.locator('#attempt img').count()).toBe(0);
  });

  test('a worker that does not answer is ended, and the form works again', async () => {
    await page.clock.install();
    await page.route('**/can-worker.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: 'for (;;);' }),
    );
    await open('web');
    await page.getByLabel('What').fill('/etc/passwd');
    await page.getByRole('button', { name: 'Answer' }).click();
    await expect.poll(() => page.workers().length, { timeout: 60_000 }).toBe(1);
    await page.clock.fastForward(10_000);
    await page.locator('#attempt button:enabled').waitFor();
    expect(await result()).toContain('takes too long');
    // Chromium stops a worker that is busy after some seconds.
    await expect.poll(() => page.workers().length, { timeout: 60_000 }).toBe(0);
    await page.unrouteAll();
  });

  test('the worker can send nothing', async () => {
    const worker = await fetch(new URL('/can-worker.js', running.url));
    expect(worker.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
  });

  test('axe finds nothing, and the form fits 360 pixels', async () => {
    const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
    await page.setViewportSize({ width: 360, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await open('web');
      await ask('read', '/etc/shadow');
      await page.evaluate(axe);
      expect(await page.evaluate('axe.run().then(({ violations }) => violations)')).toEqual([]);
      const isWide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
      expect(await page.evaluate(isWide)).toBe(false);
    }
  });
});
