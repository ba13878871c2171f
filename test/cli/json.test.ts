import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topics } from '../../bin/topics.ts';
import { toJson } from '../../sdk/cli/format.ts';
import { command } from '../command.ts';
import { type ServedRegistry, scratch, serve } from './cli.ts';

const nginx = join(import.meta.dirname, '../../profiles/docker-nginx');

/** What each command prints as JSON: an object that has these. */
const answers: [command: string, args: string[], has: string[]][] = [
  ['search', ['nginx'], ['items']],
  ['show', ['docker-nginx'], ['profile', 'version', 'versions']],
  ['verify', ['docker-nginx', '--trust', 'TRUST'], ['digest', 'signedBy', 'log']],
  ['whoami', [], ['registry', 'label', 'scope']],
  ['token list', ['--team', 'library'], ['items']],
  ['user list', [], ['items']],
  ['member list', ['library'], ['items']],
  ['publisher list', ['library'], ['items']],
  ['key list', ['library'], ['items']],
  ['team quota', ['library'], ['used', 'limits']],
  ['webhook list', ['library'], ['items']],
  ['webhook deliveries', ['library', '1'], ['items']],
  ['trust show', ['--root', 'ROOT'], ['registry', 'log', 'teams']],
  ['doctor', ['--root', 'ROOT', '--offline'], ['ok', 'findings']],
  ['status', ['--root', 'ROOT', '--offline'], []],
  ['lint', [nginx], ['file', 'ok', 'diagnostics']],
  ['check', [join(nginx, 'docker-nginx')], ['file', 'ok', 'diagnostics']],
];

/** Commands that print data of another kind, or only on a machine that has more: their own tests see to them. */
const elsewhere = ['inspect', 'denials', 'log watch'];

describe('--format json', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: ServedRegistry;
  let env: NodeJS.ProcessEnv;
  const at = (...parts: string[]) => join(folder, ...parts);

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    const receiver = createServer((_, answer) => answer.end());
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    registry = await serve(at('data'), '--webhook-network', '127.0.0.1');
    env = {
      AA_REGISTRY: registry.url,
      AA_TOKEN: registry.adminToken,
      XDG_CONFIG_HOME: at('config'),
      XDG_STATE_HOME: at('state'),
    };
    for (const args of [
      ['team', 'create', 'library'],
      ['key', 'generate', '--out', at('key.pem')],
      ['key', 'add', 'library', at('key.pem.pub')],
      ['publish', nginx, '--version', '1.0.0', '--key', at('key.pem')],
      ['webhook', 'add', 'library', `http://127.0.0.1:${port}/`],
      ['webhook', 'test', 'library', '1'],
      ['trust', 'init', 'library', '--root', at('host'), '--yes'],
    ]) {
      const { code, said } = await command(args, env);
      expect(code, said).toBe(0);
    }
    await mkdir(at('host/etc/apparmor.d'), { recursive: true });
    receiver.close();
  });
  afterAll(async () => {
    await registry.kill();
    await clean();
  });

  test.each(answers)('%s prints one object', async (name, args, has) => {
    const root = at('host');
    const given = args.map((word) =>
      word === 'ROOT' ? root : word === 'TRUST' ? join(root, 'etc/aa-registry/trust.toml') : word,
    );
    const { lines } = await command([...name.split(' '), ...given, '--format', 'json'], env);
    expect(lines).toHaveLength(1);
    const answer = JSON.parse(lines[0] ?? '');
    for (const key of has) expect(answer).toHaveProperty(key);
    if (has[0] === 'items') expect(answer.items).toBeInstanceOf(Array);
  });

  test('every command that has it is tried here, and no other', async () => {
    const commands = topics.flatMap((topic) => Object.entries(topic.commands));
    const having: string[] = [];
    for (const [name, load] of commands) if ('format' in (await load()).options) having.push(name);
    const tried = [...answers.map(([name]) => name), ...elsewhere];
    expect(having.sort()).toEqual(tried.sort());
    const lists = commands.map(([name]) => name).filter((name) => name.endsWith(' list'));
    expect(having).toEqual(expect.arrayContaining(lists));
  });

  test('another format is a usage error', async () => {
    const { code, said } = await command(['whoami', '--format', 'yaml'], env);
    expect(said).toContain('text, json');
    expect(code).toBe(2);
  });

  test('what would steer a terminal is escaped, and the data is the same', () => {
    const value = { text: 'a\u001b[31m\u202e\u009b\u2028 b\n' };
    const text = toJson(value);
    expect(text).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(text)).toEqual(value);
  });
});
