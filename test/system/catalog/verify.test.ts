// The button of a profile's page that verifies the version in the browser.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeBase64, generateNoteKey } from '../../../trust/index.ts';
import { type RunningRegistry, startRegistry } from '../../../worker/node.ts';
import { createPublisher, expectStatus, type Publisher, publish } from '../../publisher.ts';
import type { TestRegistry } from '../../runtimes.ts';
import { type Browser, launch, missing } from './browser.ts';

const reason = missing.length > 0 ? ` (skipped: ${missing.join(', ')})` : '';
const path = '/v1/profiles/library/web/versions/1.0.0';
const item = 'aa-registry-log';

describe.skipIf(missing.length > 0)(`verifying in Chromium${reason}`, () => {
  let folder: string;
  let running: RunningRegistry;
  let library: Publisher;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    running = await startRegistry({ data: folder, host: '127.0.0.1', port: 0 });
    library = await createPublisher(registry(), 'library');
    for (const version of ['0.9.0', '1.0.0']) {
      await expectStatus(201, publish(registry(), library, { name: 'web', version }));
    }
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await running?.close();
    await rm(folder, { recursive: true });
  });

  const registry = () =>
    ({
      fetch: (to: string, init?: RequestInit) => fetch(new URL(to, running.url), init),
      adminToken: running.adminToken,
    }) as TestRegistry;

  beforeEach(async () => {
    page = await browser.context.newPage();
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(new URL('/p/library/web', running.url).href);
    await page.evaluate('localStorage.clear()');
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const press = async () => {
    await page.getByRole('button', { name: 'Verify in this browser' }).click();
    await page.locator('#verification button:enabled').waitFor();
  };
  const states = async () => {
    const rows = await page.locator('.steps li').all();
    return Promise.all(rows.map((row) => row.locator('.state').innerText()));
  };
  const passed = [...Array<string>(7).fill('passed'), 'not checked'];
  const seen = () => page.evaluate(`JSON.parse(localStorage.getItem('${item}'))`);
  const setSeen = (value: object) =>
    page.evaluate(`localStorage.setItem('${item}', ${JSON.stringify(JSON.stringify(value))})`);
  const failure = () => page.locator('.steps .failed').allInnerTexts();

  test('all steps pass, with the keys and the place in the log', async () => {
    await page.getByRole('button', { name: 'Verify in this browser' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.steps').waitFor();
    expect(await states()).toEqual(passed);
    const text = await page.locator('#verification').innerText();
    expect(text).toContain(library.key.publicKey.keyId);
    expect(text).toContain('library/web 1.0.0');
    expect(text).toContain('sees the log for the first time');
    expect(text).toContain('does not find a dishonest registry');
  });

  test('what was seen of the log is remembered, and must be in it the next time', async () => {
    await press();
    const before = (await seen()) as { size: number };
    await expectStatus(201, publish(registry(), library, { name: 'later', version: '1.0.0' }));
    await press();
    expect(await states()).toEqual(passed);
    const text = await page.locator('.steps').innerText();
    expect(text).toContain(`It had ${before.size} entries, and has ${before.size + 1}.`);
    expect(await seen()).toMatchObject({ size: before.size + 1 });
  });

  test('a log with another history than the one seen is refused, and not remembered', async () => {
    await press();
    const { verifier, size } = (await seen()) as { verifier: string; size: number };
    const root = encodeBase64(new Uint8Array(32).fill(7));
    for (const [of, message] of [
      [size - 1, 'does not extend'],
      [size, 'has forked'],
      [size + 1, 'has seen'],
    ] as const) {
      const other = { verifier, size: of, root };
      await setSeen(other);
      await press();
      expect(await failure()).toEqual([expect.stringContaining(message)]);
      expect(await page.locator('#verification').innerText()).toContain('Do not use this version');
      expect(await seen()).toEqual(other);
    }
  });

  test('another key of the log than the first one seen is refused', async () => {
    await press();
    const known = (await seen()) as object;
    const { verifier } = await generateNoteKey(new URL(running.url).host);
    await setSeen({ ...known, verifier });
    await press();
    expect((await states()).slice(0, 3)).toEqual(['failed', 'not checked', 'not checked']);
  });

  test('unreadable memory counts as none', async () => {
    await page.evaluate(`localStorage.setItem('${item}', '{"size":-1}')`);
    await press();
    expect(await states()).toEqual(passed);
  });

  test('each changed response fails the step that it is about', async () => {
    const other = (await (
      await registry().fetch(`${path.replace('1.0.0', '0.9.0')}/envelope`)
    ).json()) as { signatures: unknown };
    for (const [end, change, failed] of [
      ['/profile', (body: string) => `${body}# more\n`, 'The bytes have the signed digest'],
      ['/envelope', () => JSON.stringify(other), 'The statement names this version'],
      [
        '/envelope',
        (body: string) => JSON.stringify({ ...JSON.parse(body), signatures: other.signatures }),
        'Keys of the team have signed the statement',
      ],
      [
        '/proof?since=0',
        (body: string) => JSON.stringify({ ...JSON.parse(body), index: 0 }),
        'The log has this version',
      ],
      [
        '/proof?since=0',
        (body: string) => {
          const proof = JSON.parse(body) as { checkpoint: string };
          return JSON.stringify({
            ...proof,
            checkpoint: proof.checkpoint.replace(/\n(\d+)\n/, '\n9$1\n'),
          });
        },
        'The log’s key has signed the checkpoint',
      ],
    ] as const) {
      await page.unrouteAll();
      await page.evaluate('localStorage.clear()');
      await page.route(`**${path}${end}`, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: change(await response.text()) });
      });
      await press();
      expect(await failure()).toEqual([expect.stringContaining(failed)]);
    }
  });

  test('malformed responses and failures are said, and the button works again', async () => {
    for (const body of ['{', '{"keys":[]}', `${'['.repeat(10_000)}`]) {
      await page.unrouteAll();
      await page.route('**/v1/teams/library', (route) => route.fulfill({ body }));
      await press();
      expect(await page.locator('#verification .error').innerText()).toContain('malformed');
    }
    await page.unrouteAll();
    await press();
    expect(await states()).toEqual(passed);
  });

  test('the script is loaded when the button is pressed', async () => {
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.reload();
    expect(requests).not.toContain('/verify.js');
    await press();
    expect(requests).toContain('/verify.js');
  });

  test('axe finds nothing in the result, which fits 360 pixels', async () => {
    const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
    await page.setViewportSize({ width: 360, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await press();
      await page.evaluate(axe);
      expect(await page.evaluate('axe.run().then(({ violations }) => violations)')).toEqual([]);
      const isWide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
      expect(await page.evaluate(isWide)).toBe(false);
    }
  });

  test('without scripts, the page has the command', async () => {
    const context = await browser.withoutScripts();
    try {
      const plain = await context.newPage();
      await plain.goto(new URL('/p/library/web', running.url).href);
      expect(await plain.locator('main').innerText()).toContain('aa-registry verify web@1.0.0');
      expect(await plain.getByRole('button', { name: 'Verify in this browser' }).count()).toBe(0);
    } finally {
      await context.close();
    }
  });
});
