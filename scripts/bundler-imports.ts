import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { buildBrowser } from './browser.ts';

await buildBrowser();

// Lets Node import .sql and .txt (as text) and .tsx like the bundlers: node --import ./scripts/bundler-imports.ts
registerHooks({
  load(url, context, nextLoad) {
    const loader = /\.(sql|txt)$/.test(url) ? 'text' : url.endsWith('.tsx') ? 'tsx' : undefined;
    if (loader === undefined) return nextLoad(url, context);
    const text = readFileSync(fileURLToPath(url), 'utf8');
    const { code } = transformSync(text, {
      loader,
      format: 'esm',
      jsx: 'automatic',
      jsxImportSource: 'hono/jsx',
    });
    return { format: 'module', shortCircuit: true, source: code };
  },
});
