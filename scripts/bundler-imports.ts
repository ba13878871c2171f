import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

// Lets Node import .sql (as text) and .tsx like the bundlers: node --import ./scripts/bundler-imports.ts
registerHooks({
  load(url, context, nextLoad) {
    const loader = url.endsWith('.sql') ? 'text' : url.endsWith('.tsx') ? 'tsx' : undefined;
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
