import { Hono } from 'hono';
import type { Env } from '../ports.ts';
import can from './built/can.txt';
import canWorker from './built/can-worker.txt';
import playground from './built/playground.txt';
import playgroundWorker from './built/playground-worker.txt';
import verify from './built/verify.txt';
import { script } from './script.ts';

/** The scripts by path: the one of all pages, and those that it or a page loads (browser/). */
const texts = {
  '/catalog.js': script,
  '/can.js': can,
  '/can-worker.js': canWorker,
  '/playground.js': playground,
  '/playground-worker.js': playgroundWorker,
  '/verify.js': verify,
} as const;

export const scripts = new Hono<Env>();

for (const [path, text] of Object.entries(texts)) {
  scripts.get(path, (c) =>
    c.body(text, 200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Cache-Control': 'public, max-age=300',
    }),
  );
}
