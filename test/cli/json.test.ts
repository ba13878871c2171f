import { appendFile, copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topics } from '../../cli/commands.ts';
import { toJson } from '../../cli/framework/format.ts';
import type { RunningRegistry } from '../../worker/node.ts';
import { command } from '../command.ts';
import { scratch, startHere } from './cli.ts';

const nginx = join(import.meta.dirname, '../../profiles/docker-nginx');
const denial =
  'audit: type=1400 audit(1700000000.000:1): apparmor="DENIED" operation="open" profile="docker-nginx" name="/etc/shadow" pid=1 comm="cat" requested_mask="r" denied_mask="r" fsuid=0 ouid=0';

/**
 * The expected JSON of each command, in an order in which each has its prerequisites. Words in capitals are
 * placeholders (see `argsOf`).
 */
const outputs: [command: string, args: string, has: string[]][] = [
  ['team create', 'library', ['name', 'keys']],
  ['team create', 'edge', ['name']],
  ['team quota', 'library', ['used', 'limits']],
  ['team version-policy', 'library', ['team', 'versionPolicy']],
  ['team version-policy', 'library semver', ['team', 'versionPolicy']],
  ['user create', 'ada', ['name', 'admin']],
  ['user list', '', ['items']],
  ['member add', 'library ada --role publisher', ['team', 'user', 'role']],
  ['member list', 'library', ['items']],
  ['member remove', 'library ada', ['team', 'user']],
  ['token create', 'ci --team library', ['id', 'token', 'scope']],
  ['token list', '--team library', ['items']],
  ['token revoke', '2', ['id']],
  ['login', 'URL --token-stdin', ['registry', 'label']],
  ['whoami', '', ['registry', 'label', 'scope']],
  ['logout', '', ['registry']],
  ['publisher add', 'library --github acme/profiles', ['team', 'id', 'repository']],
  ['publisher list', 'library', ['items']],
  ['publisher remove', 'library 1', ['team', 'id']],
  ['webhook add', 'library HOOK', ['id', 'secret']],
  ['webhook list', 'library', ['items']],
  ['webhook test', 'library 1', ['state', 'messageId']],
  ['webhook deliveries', 'library 1', ['items']],
  ['webhook remove', 'library 1', ['team', 'id']],
  ['explain', '', ['items']],
  ['explain', 'capability-name', ['id', 'severity', 'text', 'example']],
  ['lint', 'NGINX', ['file', 'ok', 'diagnostics']],
  ['check', 'NGINX/docker-nginx', ['file', 'ok', 'diagnostics']],
  [
    'can',
    'NGINX/docker-nginx read /etc/nginx/nginx.conf',
    ['profile', 'verdict', 'rules', 'unread'],
  ],
  ['diff', 'AT/loose AT/loose', ['same', 'differences', 'unknown', 'unread']],
  ['summary', 'AT/loose', ['profiles.0.lines', 'profiles.0.unknown', 'ways', 'unread']],
  ['fmt', 'AT/loose', ['file', 'ok', 'changed']],
  ['init', 'AT/started', ['name', 'team', 'files']],
  ['key generate', '--out AT/key', ['keyId', 'privateKey', 'publicKey', 'encrypted']],
  ['key generate', '--out AT/next', ['keyId']],
  ['key add', 'library AT/key.pub', ['team', 'keyId']],
  ['key rotate', 'library AT/next.pub --key AT/key', ['team', 'keyId', 'signedBy']],
  ['key list', 'library', ['items']],
  ['publish', 'NGINX --version 1.0.0 --key AT/next', ['team', 'name', 'version', 'digest']],
  ['publish', 'AT/changed --version 1.1.0 --key AT/next', ['signedBy', 'index']],
  ['channel set', 'docker-nginx@1.1.0 stable', ['channel', 'version', 'previous']],
  ['search', 'nginx', ['items']],
  ['show', 'docker-nginx', ['profile', 'version', 'versions']],
  ['trust init', 'library --root ROOT --yes', ['file', 'added']],
  ['trust init', 'library --root ROOT --yes', ['file', 'added']],
  ['trust update', 'library --root ROOT --yes', ['file', 'changed', 'items.0.before']],
  ['trust add', 'library AT/next.pub --root ROOT --yes', ['file', 'changed', 'items.0.added']],
  ['trust remove', 'library --root ROOT --yes', ['items.0.removed', 'items.0.threshold']],
  ['trust init', 'library --root ROOT --yes', ['file', 'added']],
  ['trust show', '--root ROOT', ['registry', 'log', 'teams']],
  ['verify', 'docker-nginx --trust TRUST', ['digest', 'signedBy', 'log']],
  ['bundle', 'docker-nginx -o AT/bundle --trust TRUST', ['file', 'bytes', 'items']],
  [
    'pull',
    'docker-nginx@1.0.0 --root ROOT --dry-run',
    ['items.0.diff', 'items.0.policy', 'items.0.waiting'],
  ],
  ['pull', 'docker-nginx@1.0.0 --root ROOT', ['items.0.digest', 'items.0.changed', 'items.0.mode']],
  ['pull', 'docker-nginx --root ROOT', ['items.0.from', 'items.0.setAside']],
  ['pull', 'docker-nginx --root ROOT', ['items.0.changed']],
  ['pull', 'docker-nginx --trust TRUST --download-only -o AT/one', ['items.0.file']],
  ['status', '--root ROOT', ['verdict', 'installed']],
  ['complain', 'docker-nginx --root ROOT', ['items.0.complain', 'items.0.mode']],
  ['enforce', 'docker-nginx --root ROOT', ['items.0.complain']],
  ['rollback', 'docker-nginx --root ROOT', ['from', 'version', 'mode']],
  ['approve', 'docker-nginx@1.1.0 --yes --root ROOT', ['digest', 'from', 'policy.reason']],
  ['remove', 'docker-nginx --root ROOT', ['items.0.version']],
  ['lock', '--root ROOT', ['file', 'changed', 'items.0.digest']],
  ['sync', '--root ROOT --dry-run', ['items.0.diff', 'items.0.policy', 'items.0.waiting']],
  ['sync', '--root ROOT', ['items.0.action', 'items.0.version', 'present', 'wanted', 'log']],
  ['sync', '--root ROOT', ['items', 'present']],
  ['denials', '--root ROOT --file AT/denials.log', ['profile', 'count']],
  ['fleet token create', 'library edge', ['id', 'token', 'expiresAt']],
  ['fleet token list', 'library', ['items.0.label']],
  ['fleet join', '--root ROOT --token-file JOIN', ['id', 'team', 'name']],
  ['report', '--root ROOT', ['report.profiles', 'report.events', 'sent', 'waiting', 'dropped']],
  ['fleet', 'library', ['hosts', 'silent', 'drifted', 'versions.0.hosts']],
  ['fleet hosts', 'library', ['items.0.profiles', 'more']],
  ['fleet host label', 'library 1 role=edge', ['labels.role']],
  ['fleet host rename', 'library 1 other', ['name']],
  ['fleet denials', 'docker-nginx@1.1.0 --trust TRUST', ['items', 'more', 'unread']],
  ['fleet host retire', 'library 1', ['team', 'id']],
  ['fleet token revoke', 'library 1', ['team', 'id']],
  ['doctor', '--root ROOT --offline', ['ok', 'findings']],
  ['log key', 'example.org/log -o AT/log.key', ['file', 'verifier']],
  ['log verify', '--trust TRUST', ['key', 'size', 'entries', 'contents']],
  ['log watch', 'library --once --trust TRUST', ['index', 'kind', 'time']],
  ['yank', 'docker-nginx@1.0.0 --reason old', ['team', 'name', 'version', 'reason']],
  ['visibility', 'docker-nginx public', ['name', 'visibility']],
  ['deprecate', 'docker-nginx --reason old', ['deprecation.reason']],
  ['deprecate', 'docker-nginx --undo', ['deprecation']],
  ['transfer', 'docker-nginx edge --yes', ['name', 'replacement']],
  ['key revoke', 'library KEY-ID --reason lost', ['team', 'keyId', 'reason']],
  [
    'admin backup',
    'AT/backup.db --data AT/data --with-log-key',
    ['file', 'bytes', 'entries', 'withLogKey'],
  ],
  [
    'admin base import',
    'AT/policy --release 3.0 --data AT/data',
    ['release', 'digest', 'files', 'bytes', 'createdAt', 'changed'],
  ],
  ['admin check', '--data AT/data', ['entries', 'signed', 'differences', 'items']],
  ['admin restore', 'AT/backup.db --data AT/other', ['entries', 'lost', 'kept']],
];

/** Commands that print one object per line, for each file or event. */
const many = ['lint', 'check', 'fmt', 'denials', 'log watch'];

/** Commands whose exit code depends on this machine's AppArmor. */
const ofMachine = ['lint', 'check', 'can', 'diff', 'summary', 'doctor'];

/** Requires a container with AppArmor: see test/system/kernel. */
const testedElsewhere = ['inspect'];

/** Commands whose output is for other programs (docs/cli.md). */
const without = ['completion', 'fleet patch', 'log witness', 'lsp', 'run-args', 'serve'];

describe('--format json', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: RunningRegistry;
  let env: NodeJS.ProcessEnv;
  let hook: string;
  const receiver = createServer((_, response) => response.end());
  const at = (...parts: string[]) => join(folder, ...parts);

  async function argsOf(text: string): Promise<string[]> {
    const keyId = text.includes('KEY-ID') ? await firstKey() : '';
    if (text.includes('JOIN')) await writeFile(at('join'), await joinToken());
    return text
      .replace('AT/', `${folder}/`)
      .replace('AT/', `${folder}/`)
      .replace('NGINX', nginx)
      .replace('ROOT', at('host'))
      .replace('TRUST', at('host/etc/aa-registry/trust.toml'))
      .replace('URL', registry.url)
      .replace('HOOK', hook)
      .replace('JOIN', at('join'))
      .replace('KEY-ID', keyId)
      .split(' ')
      .filter((word) => word !== '');
  }

  async function joinToken(): Promise<string> {
    return (await command(['fleet', 'token', 'create', 'library', 'other'], env)).stdout;
  }

  async function firstKey(): Promise<string> {
    const { stdout } = await command(['key', 'list', 'library', '--format', 'json'], env);
    return JSON.parse(stdout).items[0].keyId;
  }

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    registry = await startHere(at('data'), { webhookNetworks: ['127.0.0.1'] });
    env = {
      AA_REGISTRY: registry.url,
      AA_TOKEN: registry.adminToken,
      XDG_CONFIG_HOME: at('config'),
      XDG_STATE_HOME: at('state'),
    };
    await mkdir(at('host/etc/apparmor.d'), { recursive: true });
    await mkdir(at('host/etc/aa-registry'));
    await writeFile(at('host/etc/aa-registry/profiles.toml'), 'profiles = ["docker-nginx"]\n');
    await writeFile(at('denials.log'), `${denial}\n`);
    await copyFile(join(nginx, 'docker-nginx'), at('loose'));
    await cp(nginx, at('changed'), { recursive: true });
    await mkdir(at('policy/abi'), { recursive: true });
    await writeFile(at('policy/abi/3.0'), '');
    await appendFile(at('changed/docker-nginx'), '# changed\n');
  });
  afterAll(async () => {
    receiver.close();
    await registry.close();
    await clean();
  });

  test.each(outputs)('%s %s', async (name, args, has) => {
    const words = [...name.split(' '), ...(await argsOf(args)), '--format', 'json'];
    const { code, stdout, output } = await command(words, env, {
      input: registry.adminToken ?? '',
    });
    const expected = args.includes('--dry-run') && name === 'sync' ? 6 : 0;
    if (!ofMachine.includes(name)) expect(code, output).toBe(expected);
    const objects = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    if (!many.includes(name)) expect(objects).toHaveLength(1);
    for (const object of objects) {
      for (const key of has) expect(object).toHaveProperty(key);
      if ('items' in object) expect(object.items).toBeInstanceOf(Array);
    }
  });

  test('every command is tested here or listed as without JSON', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
    for (const name of without) expect(page).toContain(`\`${name}\``);
    const having: string[] = [];
    for (const [name, load] of topics.flatMap(({ commands }) => Object.entries(commands))) {
      const { format } = (await load()).options;
      if (format) having.push(name);
      else expect(without).toContain(name);
    }
    const tried = new Set([...outputs.map(([name]) => name), ...testedElsewhere]);
    expect(having.sort()).toEqual([...tried].sort());
  });

  test('results before a failure are still printed', async () => {
    const { code, stdout, output } = await command(
      ['remove', 'nosuch', '--root', at('host'), '--format', 'json'],
      env,
    );
    expect(JSON.parse(stdout)).toMatchObject({ error: { id: 'not-installed', exitCode: 1 } });
    expect(output).toContain('nosuch is not installed');
    expect(code).toBe(1);
  });

  test.each(['whoami', 'yank docker-nginx@1.1.0 --reason x', 'pull docker-nginx'])(
    'an unknown format is a usage error of %s, before it does anything',
    async (text) => {
      const { code, output } = await command([...text.split(' '), '--format', 'yaml'], env);
      expect(output).toContain('--format must be one of text, json, not "yaml"');
      expect(code).toBe(2);
    },
  );

  test.each([
    'show docker-nginx --source',
    'denials --draft web --file /dev/null',
    'denials --patch web --file /dev/null',
  ])('%s prints a profile, so JSON is a usage error', async (text) => {
    const { code, output } = await command([...text.split(' '), '--format', 'json'], env);
    expect(output).toContain('--format json can’t be used with');
    expect(code).toBe(2);
  });

  test('control characters are escaped and the data is unchanged', () => {
    const value = { text: 'a\u001b[31m\u202e\u009b\u2028 b\n' };
    const text = toJson(value);
    expect(text).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(text)).toEqual(value);
  });
});
