import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { serve } from '../cli/commands/serve.ts';
import { maxBaseJson } from '../contract/index.ts';
import { defaultLimits } from '../worker/ports.ts';
import { variables } from '../worker/settings.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFile(join(root, path), 'utf8');
const page = await read('docs/deploy.md');
const first = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, name = '']) => name);

describe('docs/deploy.md', () => {
  test('documents every option of serve with its variable', () => {
    const options = Object.keys(serve.options ?? {});
    expect(first(/^\| `--([a-z-]+)` +\|/gm).sort()).toEqual(options.sort());
    for (const option of options) {
      expect(page).toContain(`\`AA_SERVE_${option.toUpperCase().replaceAll('-', '_')}\``);
    }
  });

  test('documents every variable, secret and binding of a Worker', async () => {
    const toml = parse(await read('wrangler.toml'));
    const bindings = (toml.ratelimits as { name: string }[]).map(({ name }) => name);
    expect(first(/^\| `([A-Z0-9_]+)` +\|/gm).sort()).toEqual([...variables, ...bindings].sort());
    const settable = Object.keys(toml.vars as object);
    expect(variables).toEqual(expect.arrayContaining(settable));
  });

  test('links to existing files and mentions only existing options', async () => {
    for (const path of page.match(/packaging\/[\w/.-]*\w/g) ?? []) {
      expect(existsSync(join(root, path)), path).toBe(true);
    }
    const unit = await read('packaging/systemd/aa-registry.service');
    const image = await read('packaging/container/Containerfile');
    const line = `${/^ExecStart=(.*)$/m.exec(unit)?.[1]} ${/^CMD (.*)$/m.exec(image)?.[1]}`;
    const used = [...line.matchAll(/--([a-z-]+)/g)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(2);
    expect(Object.keys(serve.options ?? {})).toEqual(expect.arrayContaining(used));
  });

  test('its proxy configurations match the registry', async () => {
    const nginx = await read('packaging/proxy/nginx.conf');
    // The proxy sets the headers that the registry trusts.
    expect(nginx).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
    expect(nginx).toContain('proxy_set_header X-Forwarded-Proto $scheme;');
    const megabytes = Number(/client_max_body_size (\d+)m;/.exec(nginx)?.[1]);
    const most = Math.max(2 * defaultLimits.profileBytes + 128 * 1024, maxBaseJson);
    expect(megabytes * 1024 ** 2).toBeGreaterThan(most);
    const { keepAliveTimeout } = createServer();
    for (const text of [nginx, await read('packaging/proxy/Caddyfile')]) {
      const seconds = Number(/(?:keepalive_timeout|\tkeepalive) (\d+)s/.exec(text)?.[1]);
      expect(seconds * 1000).toBeLessThan(keepAliveTimeout);
    }
  });

  test.each(['container/Containerfile', 'kubernetes/Dockerfile'])(
    'the files that %s copies are not excluded by .dockerignore',
    async (file) => {
      const [, ...left] = (await read('.dockerignore'))
        .split('\n')
        .filter((line) => /^[*!]/.test(line));
      const copied = [...(await read(`packaging/${file}`)).matchAll(/^COPY (\S+)/gm)];
      expect(copied).not.toEqual([]);
      for (const [, path = ''] of copied) {
        expect(
          left.some((line) => line.startsWith(`!${path}`)),
          path,
        ).toBe(true);
      }
    },
  );

  test('the image contains the external dependencies of dist/', async () => {
    const image = await read('packaging/container/Containerfile');
    const folders = [...image.matchAll(/^COPY (\S+)/gm)].map(([, path = '']) => path);
    for (const folder of folders) expect(existsSync(join(root, folder)), folder).toBe(true);
    const lock = JSON.parse(await read('package-lock.json'));
    const needs = Object.keys(lock.packages['node_modules/libsql'].dependencies ?? {});
    for (const name of needs) {
      const copied = folders.some((folder) => `node_modules/${name}`.startsWith(folder));
      expect(copied, name).toBe(true);
    }
  });
});

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;

test.skipIf(!analyze)('the server’s unit is hardened (systemd-analyze)', () => {
  const unit = join(root, 'packaging/systemd/aa-registry.service');
  const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', unit], {
    encoding: 'utf8',
  });
  const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
  expect(exposure).toBeLessThan(2);
});
