import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** The missing requirements of these tests. */
export const missing: string[] = existsSync(executablePath) ? [] : ['Chromium is not installed'];

/** A running browser. */
export interface Browser {
  context: BrowserContext;
  /** Another context, in which pages run no scripts. */
  withoutScripts: () => Promise<BrowserContext>;
  close: () => Promise<void>;
}

/** Debian's headless Chromium, which only connects to the pages under test. */
export async function launch(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'aa-registry-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    context,
    withoutScripts: async () => {
      const browser = context.browser();
      if (!browser) throw new Error('the browser has ended');
      return browser.newContext({ javaScriptEnabled: false });
    },
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
