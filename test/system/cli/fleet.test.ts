import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../../cli/framework/command.ts';
import type { Report } from '../../../contract/index.ts';
import { createClient } from '../../../sdk/client.ts';
import { spoolLimits } from '../../../sdk/report/spool.ts';
import { generateKeyPair } from '../../../trust/index.ts';
import { command, type Outcome } from '../../command.ts';
import { type Fixture, startFixture, succeed } from '../../host/fixture.ts';
import { createPublisher, expectStatus, profileText, publish } from '../../publisher.ts';
import { node } from '../../runtimes.ts';
import {
  createJoinToken,
  eventOf,
  join as joinTeam,
  report,
  reportOf,
} from '../../signing-host.ts';

const policy = [
  ...['abi <abi/3.0>,', 'profile web flags=(attach_disconnected, mediate_deleted) {'],
  ...[
    '  /srv/** r,',
    '  audit deny /srv/secret/** rw,',
    '  profile worker {',
    '    /b r,',
    '  }',
    '}',
    '',
  ],
].join('\n');

/** A line of auditd's log, some seconds old. */
let serial = 0;
function logged(
  name: string,
  more: { profile?: string; type?: string; mask?: string } = {},
): string {
  const { profile = 'web', type = 'DENIED', mask = 'r' } = more;
  const time = `${Math.floor(Date.now() / 1000) - 5}.000`;
  return `type=AVC msg=audit(${time}:${++serial}): apparmor="${type}" operation="open" profile="${profile}" name="${name}" pid=4242 comm="secret-tool" requested_mask="${mask}" denied_mask="${mask}" fsuid=1000 ouid=1000\n`;
}

describe('a fleet', () => {
  let fixture: Fixture;
  let env: NodeJS.ProcessEnv;
  let root: string;
  let config: string;

  const run = (args: string[], input = '', more: NodeJS.ProcessEnv = {}) =>
    command(args, { ...env, ...more }, { input });
  const ok = async (args: string[], input = '') => {
    const outcome = await run(args, input);
    if (outcome.code !== 0) throw new Error(`${args.join(' ')}: ${outcome.output}`);
    return outcome;
  };
  const json = async <Result>(args: string[], input = '') =>
    JSON.parse((await ok([...args, '--format', 'json'], input)).stdout) as Result;
  const log = (host: string) => join(host, 'var/log/audit/audit.log');
  const write = async (text: string, host = root) => appendFile(log(host), text);
  const state = async (host = root) =>
    JSON.parse(await readFile(join(host, 'var/lib/aa-registry/fleet/host.json'), 'utf8'));
  /** Sets the position of a host back, as if the events since then were new. */
  const rewind = async (host = root) => {
    const file = join(host, 'var/lib/aa-registry/fleet/host.json');
    const at = Date.now() - 60_000;
    await writeFile(file, JSON.stringify({ ...(await state(host)), position: at }));
  };
  const makeHost = async () => {
    const host = await fixture.host();
    await mkdir(join(host, 'var/log/audit'), { recursive: true });
    await writeFile(log(host), '');
    return host;
  };
  const joinToken = async () =>
    (await ok(['fleet', 'token', 'create', 'library', 'a test'])).stdout.trim();
  /** A host with version 1.0.0 of `web`, installed an hour ago, that joined. */
  const joined = async (...labels: string[]) => {
    const host = await makeHost();
    await succeed(['pull', 'library/web@1.0.0', '--root', host]);
    const record = join(host, 'var/lib/aa-registry/installed/library.web.json');
    const installedAt = new Date(Date.now() - 3_600_000).toISOString();
    const installation = JSON.parse(await readFile(record, 'utf8'));
    await writeFile(record, JSON.stringify({ ...installation, installedAt }));
    const options = labels.flatMap((label) => ['--label', label]);
    await ok(['fleet', 'join', '--root', host, ...options], await joinToken());
    await rewind(host);
    return host;
  };

  beforeAll(async () => {
    fixture = await startFixture();
    const folder = await fixture.host();
    config = join(folder, 'config.toml');
    await writeFile(config, 'report = true\n');
    env = {
      ...{ AA_REGISTRY: fixture.registry.url, AA_TOKEN: fixture.team.token, AA_CONFIG: config },
      ...{ HOME: folder, TZ: 'UTC' },
    };
    await fixture.publish('web', '1.0.0', policy);
    root = await joined('role=edge');
  });
  afterAll(() => fixture.close());

  test('join tokens are created, listed and revoked', async () => {
    const made = await json<{ id: number; token: string }>([
      ...['fleet', 'token', 'create', 'library', 'a \u202elabel', '--expires', '1d'],
    ]);
    const listed = await ok(['fleet', 'token', 'list', 'library']);
    // A name can't rearrange the line.
    expect(listed.stdout).toContain('a \\u{202e}label');
    expect(listed.stdout).not.toContain(made.token);
    await ok(['fleet', 'token', 'revoke', 'library', String(made.id)]);
    const host = await makeHost();
    const refused = await run(['fleet', 'join', '--root', host], made.token);
    expect(refused.code).toBe(exit.failed);
    expect(refused.stderr).toContain('The join token is unknown, revoked or expired');
    const wrong = await run(['fleet', 'join', '--root', host], '');
    expect(wrong.code).toBe(exit.usage);
  });

  test('a host keeps its key to itself, and joins once', async () => {
    const folder = join(root, 'var/lib/aa-registry/fleet');
    expect((await stat(join(folder, 'host.key'))).mode & 0o777).toBe(0o600);
    const token = await joinToken();
    const again = await run(['fleet', 'join', '--root', root], token);
    expect(again.code).toBe(exit.failed);
    expect(again.stderr).toContain('this host has joined team library');

    // An interrupted run has left a key, which is used.
    const other = await makeHost();
    await mkdir(join(other, 'var/lib/aa-registry/fleet'), { recursive: true });
    const key = join(other, 'var/lib/aa-registry/fleet/host.key');
    await writeFile(key, await readFile(join(folder, 'host.key')), { mode: 0o600 });
    const taken = await run(['fleet', 'join', '--root', other], token);
    expect(taken.stderr).toContain('A host has already joined with this key');
    await chmod(key, 0o644);
    const readable = await run(['fleet', 'join', '--root', other], token);
    expect(readable.stderr).toContain('can be read by others');
    await rm(key);
    const file = join(other, 'token');
    await writeFile(file, `${token}\n`);
    const { stdout } = await ok(['fleet', 'join', '--root', other, '--token-file', file]);
    expect(stdout).toMatch(/^Joined team library as host \d+/);
    expect(
      await readFile(join(other, 'var/lib/aa-registry/fleet/host.json'), 'utf8'),
    ).not.toContain(token);
  });

  test('a report has versions, drift and counted events without names of people and processes', async () => {
    await write(
      logged('/home/alice/notes') + logged('/home/bob/notes') + logged('/proc/77/status'),
    );
    await write(logged('/srv/secret/key', { profile: 'web//worker', type: 'ALLOWED' }));
    // Of another team's profile, of a profile that is none of its, and a load.
    await write(logged('/x', { profile: 'other' }) + logged('/y', { type: 'STATUS' }));
    const { report } = await json<{ report: Report }>(['report', '--root', root]);
    expect(report.profiles).toEqual([
      { name: 'web', version: '1.0.0', mode: 'unknown', drifted: false },
    ]);
    const events = report.events.map(({ type, count, record }) => [
      ...[type, count, record.profile, record.name, record.fsuid, record.ouid],
    ]);
    expect(events.sort()).toEqual([
      ['ALLOWED', 1, 'web//worker', '/srv/secret/key', '0', '0'],
      ['DENIED', 1, 'web', '/proc/1/status', '0', '0'],
      ['DENIED', 2, 'web', '/home/user/notes', '0', '0'],
    ]);
    expect(JSON.stringify(report)).not.toMatch(/alice|bob|4242|secret-tool|1000/);

    // Each event is reported once.
    const next = await json<{ report: Report }>(['report', '--root', root]);
    expect(next.report).toMatchObject({ sequence: report.sequence + 1, events: [] });
    await appendFile(config, 'report_names = true\n');
    await rewind();
    const raw = await json<{ report: Report }>(['report', '--root', root]);
    expect(raw.report.events.map(({ record }) => record.name)).toContain('/home/alice/notes');
    await writeFile(config, 'report = true\n');
  });

  test('events before an update are about the version before it', async () => {
    const host = await joined();
    await write(logged('/before'), host);
    await ok(['report', '--root', host]);
    await fixture.publish('web', '1.1.0', policy.replace('/srv/** r', '/srv/** rk'));
    await succeed(['pull', 'library/web@1.1.0', '--root', host]);
    await rewind(host);
    const { report } = await json<{ report: Report }>(['report', '--root', host]);
    expect(report.profiles[0]?.version).toBe('1.1.0');
    expect(report.events.map(({ version }) => version)).toEqual(['1.0.0']);
  });

  test('sync reports if config.toml says so, and a failed report does not fail it', async () => {
    const host = await joined();
    const profiles = join(host, 'etc/aa-registry/profiles.toml');
    await writeFile(profiles, 'profiles = ["library/web@1.0.0"]\n');
    const sync = (more: NodeJS.ProcessEnv = {}) => run(['sync', '--root', host], '', more);
    expect(await sync()).toMatchObject({ code: 0, stderr: '' });
    expect((await state(host)).sequence).toBe(1);
    const off = join(host, 'off.toml');
    await writeFile(off, '');
    expect(await sync({ AA_CONFIG: off })).toMatchObject({ code: 0, stderr: '' });
    expect((await state(host)).sequence).toBe(1);
    await ok(['sync', '--root', host, '--dry-run']);
    expect((await state(host)).sequence).toBe(1);
    // Its host.json may name any address.
    const image = ['--root', host, '--trust', join(host, 'etc/aa-registry/trust.toml')];
    expect(await run(['sync', ...image])).toMatchObject({ code: 0, stderr: '' });
    expect((await state(host)).sequence).toBe(1);

    const file = join(host, 'var/lib/aa-registry/fleet/host.json');
    const registry = await unavailable();
    await writeFile(file, JSON.stringify({ ...(await state(host)), registry: registry.url }));
    const away = await sync();
    expect(away.code).toBe(0);
    expect(away.stderr).toMatch(
      /^The report was not sent: .*503.*\. 1 report will be sent later\.\n$/,
    );
    registry.close();
    const gone = await run(['report', '--root', host]);
    expect(gone.code).toBe(exit.unreachable);
    expect(gone.stderr).toContain('2 reports will be sent later');
    await writeFile(
      file,
      JSON.stringify({ ...(await state(host)), registry: fixture.registry.url }),
    );
    const back = await ok(['report', '--root', host]);
    expect(back.stdout).toBe('Reported 1 profile, 0 events, with 2 earlier reports.\n');

    await writeFile(file, '{');
    const damaged = await sync();
    expect(damaged.code).toBe(0);
    expect(damaged.stderr).toMatch(/^No report was sent: .*host\.json is damaged\n$/);
    const alone = await makeHost();
    await writeFile(join(alone, 'etc/aa-registry/profiles.toml'), 'profiles = []\n');
    expect(await run(['sync', '--root', alone])).toMatchObject({
      ...{ code: 0, stderr: 'No report was sent: this host has joined no team.\n' },
    });
    expect((await run(['report', '--root', alone])).code).toBe(exit.failed);
  });

  test('while the registry is away, the oldest reports are dropped, and the next one says so', async () => {
    const host = await joined();
    const file = join(host, 'var/lib/aa-registry/fleet/host.json');
    await writeFile(
      file,
      JSON.stringify({ ...(await state(host)), registry: 'http://127.0.0.1:9' }),
    );
    let last: Outcome | undefined;
    for (let made = 0; made < spoolLimits.reports + 2; made++)
      last = await run(['report', '--root', host]);
    expect(last?.stderr).toContain('Of those before, the oldest was dropped.');
    const spool = await readdir(join(host, 'var/lib/aa-registry/fleet/spool'));
    expect(spool).toHaveLength(spoolLimits.reports);
    expect(spool).not.toContain('2.json');
    await writeFile(
      file,
      JSON.stringify({ ...(await state(host)), registry: fixture.registry.url }),
    );
    const { sent, waiting } = await json<{ sent: number; waiting: number }>([
      'report',
      '--root',
      host,
    ]);
    expect([sent, waiting]).toEqual([spoolLimits.reports, 0]);
    const { id } = await state(host);
    const { items } = await json<{ items: { id: number; droppedReports: number }[] }>([
      ...['fleet', 'hosts', 'library'],
    ]);
    // The last one is reported with the next report.
    expect(items.find((one) => one.id === id)?.droppedReports).toBe(2);
  });

  test('events beyond what a report may list are counted', async () => {
    const host = await joined();
    const names = Array.from(
      { length: 300 },
      (_, at) => `/many/x${String.fromCharCode(97 + (at % 26), 97 + Math.floor(at / 26))}`,
    );
    const long = `/${'n'.repeat(2000)}`;
    await write([...names, names[0] ?? '', long].map((name) => logged(name)).join(''), host);
    const { report } = await json<{ report: Report }>(['report', '--root', host]);
    expect([report.events.length, report.omittedEvents]).toEqual([200, 101]);
    expect(report.events[0]).toMatchObject({ count: 2, record: { name: names[0] } });
  });

  test('the clock of a host may be wrong', async () => {
    const ahead = 3 * 3_600_000;
    const registry = await node.start({ now: () => new Date(Date.now() + ahead) });
    const team = await createPublisher(registry, 'library');
    const { token } = await createJoinToken(registry, team, new Date(Date.now() + 2 * ahead));
    const client = createClient({ registry: registry.url });
    const key = await generateKeyPair();
    const { id } = await client.joinTeam({ token, publicKey: key.publicKey.text, name: 'a' }, key);
    const receipt = await client.sendReport(id, JSON.stringify(reportOf(1)), key);
    expect(receipt).toEqual({ sequence: 1, repeated: false });
    await registry.close();
  });

  test('a host whose disk was restored continues after what the registry has', async () => {
    const host = await joined();
    for (let made = 0; made < 3; made++) await ok(['report', '--root', host]);
    const file = join(host, 'var/lib/aa-registry/fleet/host.json');
    await writeFile(file, JSON.stringify({ ...(await state(host)), sequence: 0 }));
    await ok(['report', '--root', host]);
    const { report } = await json<{ report: Report }>(['report', '--root', host]);
    expect(report).toMatchObject({ sequence: 4, droppedReports: 1 });
  });

  test('a retired host is refused', async () => {
    const host = await joined();
    const { id } = await state(host);
    await ok(['fleet', 'host', 'retire', 'library', String(id)]);
    const refused = await run(['report', '--root', host]);
    expect(refused.stderr).toContain('The report was not sent: The host was retired.');
  });

  test('hosts are listed, labelled and renamed', async () => {
    const { id } = await state();
    const labelled = await ok([
      'fleet',
      'host',
      'label',
      'library',
      String(id),
      'zone=eu',
      'role-',
    ]);
    expect(labelled.stdout).toMatch(/has the labels zone=eu\.\n$/);
    await ok(['fleet', 'host', 'rename', 'library', String(id), 'edge\u202e7']);
    const listed = await ok(['fleet', 'hosts', 'library', '--label', 'zone=eu']);
    expect(listed.stdout).toContain('edge\\u{202e}7');
    expect(listed.stdout).toMatch(/web@1\.0\.0/);
    const none = await ok(['fleet', 'hosts', 'library', '--profile', 'web@9.9.9']);
    expect(none).toMatchObject({ stdout: '', stderr: 'No hosts.\n' });
    for (const [option, value] of [
      ['--label', 'zone'],
      ['--label', 'Zone=x'],
      ['--profile', 'web@1'],
      ['--state', 'lost'],
      ['--limit', '0'],
    ] as const) {
      expect((await run(['fleet', 'hosts', 'library', option, value])).code).toBe(exit.usage);
    }
    const more = await ok(['fleet', 'hosts', 'library', '--limit', '1']);
    expect(more.stderr).toBe('There are more hosts than 1; use --limit, or filter them.\n');
    // The token is the team's own.
    const counted = await ok(['fleet']);
    const token = { AA_TOKEN: fixture.registry.adminToken };
    expect((await run(['fleet'], '', token)).stderr).toMatch(
      /^aa-registry: Name a team: the token is of/,
    );
    expect(counted.stdout).toMatch(/^\d+ hosts, 0 silent, 0 drifted\nPROFILE +VERSION +HOSTS/);
  });

  test('a draft of the next version has the rules that the fleet needs, with their evidence', async () => {
    const text = policy
      .replaceAll('web', 'cart')
      .replace('mediate_deleted)', 'mediate_deleted, complain)');
    await fixture.publish('cart', '1.0.0', text);
    const hosts = [await joined(), await joined()];
    for (const [at, host] of hosts.entries()) {
      await succeed(['pull', 'library/cart@1.0.0', '--root', host]);
      const record = join(host, 'var/lib/aa-registry/installed/library.cart.json');
      const installed = JSON.parse(await readFile(record, 'utf8'));
      const installedAt = new Date(0).toISOString();
      await writeFile(record, JSON.stringify({ ...installed, installedAt }));
      const allowed = { profile: 'cart', type: 'ALLOWED' };
      await write(logged(`/home/user${at}/notes`, allowed), host);
      await write(logged('/etc/hosts', { ...allowed, mask: 'w' }), host);
      if (at === 0) {
        await write(logged('/opt/data/k', allowed), host);
        await write(logged('/srv/secret/k', { profile: 'cart' }), host);
      }
      await ok(['report', '--root', host]);
    }
    const trust = ['--trust', join(root, 'etc/aa-registry/trust.toml'), '--root', root];
    const folder = join(root, 'drafts/cart');
    const patch = (output: string, reference = 'library/cart@1.0.0') =>
      run(['fleet', 'patch', reference, '-o', output, ...trust]);

    const drafted = await patch(folder);
    expect(drafted.output).toContain('Not changed: ');
    expect(drafted.output).toContain('audit deny /srv/secret/** rw,');
    expect(drafted.code).toBe(1);
    const day = new Date().toISOString().slice(0, 10);
    const draft = await readFile(join(folder, 'cart'), 'utf8');
    expect(draft.replaceAll(/\d{4}-\d\d-\d\d( to \d{4}-\d\d-\d\d)?/g, day)).toContain(
      [
        `  # Reported 2 times on 2 hosts, ${day}: open /etc/hosts (w)`,
        '  # It permits nothing else.',
        '  owner /etc/hosts w,',
        '',
      ].join('\n'),
    );
    expect(draft).toMatch(
      / {2}# Reported 2 times on 2 hosts, .*: open \/home\/user\/notes \(r\)\n {2}# It also permits file: .*\n {2}owner \/home\/\*\/notes r,\n/,
    );
    expect(draft).toMatch(/ {2}# Reported once on 1 host, .*: open \/opt\/data\/k \(r\)\n/);
    // Everything else is as it was.
    const rest = draft.split('\n').filter((line) => text.split('\n').includes(line));
    expect(rest.join('\n')).toBe(text);

    const linted = await run(['lint', folder]);
    expect(linted, linted.output).toMatchObject({ code: 0 });
    const again = await patch(folder);
    expect(again.stdout).toMatch(/^Nothing to add to /);
    expect(await readFile(join(folder, 'cart'), 'utf8')).toBe(draft);

    const other = await patch(folder, 'library/web@1.0.0');
    expect(other.output).toContain(
      `${folder} has library/cart, not library/web; nothing was written.`,
    );
    expect(other.code).toBe(1);
    expect(await run(['fleet', 'patch', 'library/cart@1.0.0', ...trust])).toMatchObject({
      code: 2,
    });
  });

  test('what a host reports becomes neither a rule nor more than a comment of one line', async () => {
    await fixture.publish('trap', '1.0.0', policy.replaceAll('web', 'trap'));
    const host = await joinTeam(fixture.registry, fixture.team, 'trap');
    const names = [
      '/etc/x\n  /** rwlkix,',
      '/etc/\u202ey',
      '/etc/z # lint-ignore x: y',
      `/${'a'.repeat(900)}`,
    ];
    const events = names.map((name) => eventOf('trap', name));
    await expectStatus(200, report(fixture.registry, host, reportOf(1, { events })));
    const trust = ['--trust', join(root, 'etc/aa-registry/trust.toml'), '--root', root];
    const folder = join(root, 'drafts/trap');
    await run(['fleet', 'patch', 'library/trap@1.0.0', '-o', folder, ...trust]);
    const draft = await readFile(join(folder, 'trap'), 'utf8');
    expect(draft).not.toMatch(/^\s*\/\*\* /m);
    expect(draft).not.toContain('\u202e');
    const comments = draft.split('\n').filter((line) => line.trim().startsWith('#'));
    expect(comments.length).toBeGreaterThan(3);
    for (const comment of comments) {
      expect(comment).toMatch(/^ {2}# (Reported |It |What else )/);
      expect(comment.length).toBeLessThan(180);
    }
  });

  test('denials of a version are explained as the host would explain them', async () => {
    await fixture.publish('shop', '1.0.0', policy.replaceAll('web', 'shop'));
    const hosts = [await joined(), await joined()];
    for (const [at, host] of hosts.entries()) {
      await succeed(['pull', 'library/shop@1.0.0', '--root', host]);
      const record = join(host, 'var/lib/aa-registry/installed/library.shop.json');
      const installed = JSON.parse(await readFile(record, 'utf8'));
      await writeFile(
        record,
        JSON.stringify({ ...installed, installedAt: new Date(0).toISOString() }),
      );
      await write(logged(`/home/user${at}/notes`, { profile: 'shop' }), host);
      if (at === 0) await write(logged('/srv/secret/k', { profile: 'shop' }), host);
      await ok(['report', '--root', host]);
    }
    const trust = ['--trust', join(root, 'etc/aa-registry/trust.toml'), '--root', root];
    const { stdout } = await ok(['fleet', 'denials', 'library/shop@1.0.0', ...trust]);
    expect(stdout.replaceAll(/\d{4}-\d\d-\d\d [\d:]+( to [\d: -]+)?/g, 'TIME')).toBe(`shop
  DENIED 2 times on 2 hosts, TIME
    open /home/user/notes (r)
    No rule allows it.
    This would allow it:
        owner /home/*/notes r,
      The profile's processes may read /home/user/notes where they own it.
      Every user's home is allowed in place of "/home/user" (/home/*).
      It also permits file: + owner r: /home/x/notes

shop
  DENIED once on 1 host, TIME
    open /srv/secret/k (r)
    Denied by library/shop@1.0.0:4: audit deny /srv/secret/** rw,
    A deny rule overrides any allow rule; to allow the access, change the deny rule.

`);
    const data = await json<{ items: { hosts: number; suggestion: object; rules: object[] }[] }>([
      ...['fleet', 'denials', 'library/shop@1.0.0', ...trust],
    ]);
    expect(data.items).toMatchObject([
      { hosts: 2, count: 2, suggestion: { beyond: { unknown: null } }, days: [{ count: 2 }] },
      { hosts: 1, outcome: 'denied', rules: [{ line: 4, text: 'audit deny /srv/secret/** rw,' }] },
    ]);
  });

  test('hostile records are shown as what they are', async () => {
    await fixture.publish('till', '1.0.0', policy.replaceAll('web', 'till'));
    const host = await joinTeam(fixture.registry, fixture.team);
    const names = ['/a\n}\nprofile evil {', '/b\u202e\u001b[31m', '/** rwx,#', '/c" name="/d'];
    const sent = names.map((name) => eventOf('till', name));
    const { record } = eventOf('till', '/x');
    const bare = [
      { profile: 'till', operation: 'open', name: '/e' },
      { ...record, capname: 'sys_admin', operation: 'capable' },
      { operation: 'x'.repeat(1024), ...record, profile: 'y'.repeat(1024) },
      {},
    ];
    const more = bare.map((one) => eventOf('till', '/x', { record: one as typeof record }));
    await expectStatus(
      200,
      report(fixture.registry, host, reportOf(1, { events: [...sent, ...more] })),
    );
    const trust = ['--trust', join(root, 'etc/aa-registry/trust.toml'), '--root', root];
    const { stdout } = await ok(['fleet', 'denials', 'library/till@1.0.0', ...trust]);
    for (const text of ['\nprofile evil', '\u202e', '\u001b']) expect(stdout).not.toContain(text);
    // The kernel's name of a file may have wildcards, which a rule then quotes.
    expect(stdout).toMatch(/owner "\/\\\*\\\* rwx,#" r,/);
    const rules = stdout.split('\n').filter((line) => / r,$/.test(line));
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) expect(rule).not.toMatch(/[^\\]\*/);
  });

  test('a team learns nothing about packages of others', async () => {
    const other = await createPublisher(fixture.registry, 'other');
    const text = profileText('theirs').replace('  include <abstractions/base>\n\n', '');
    expect(
      (await publish(fixture.registry, other, { name: 'theirs', version: '1.0.0', text })).status,
    ).toBe(201);
    const host = await joined();
    await succeed([
      'trust',
      'init',
      'other',
      '--root',
      host,
      '--registry',
      fixture.registry.url,
      '--yes',
    ]);
    await succeed(['pull', 'other/theirs@1.0.0', '--root', host]);
    await write(logged('/x', { profile: 'theirs' }), host);
    const { report } = await json<{ report: Report }>(['report', '--root', host]);
    expect(JSON.stringify(report)).not.toContain('theirs');
  });
});

/** A server that is not available. */
async function unavailable(): Promise<{ url: string; close: () => void }> {
  const server = createServer((_, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server.close() };
}
