import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Problem, Team } from '../../contract/index.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  publish,
  send,
  signDraft,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

const profile = (rules: string) =>
  `abi <abi/3.0>,\ninclude <tunables/global>\nprofile web {\n  include <abstractions/base>\n${rules}\n}\n`;

const plain = '  /etc/web/* r,';
/** Overlapping patterns, whose comparison is over the budget, which it spends with few large steps. */
const complex = [...'abcdefghijklmnop']
  .map((letter) => `  signal send peer=*${letter}${'?'.repeat(60)},`)
  .join('\n');

const texts = {
  same: profile(`${plain}\n  # the same policy`),
  narrower: profile('  /etc/web/a r,'),
  wider: profile(`${plain}\n  capability sys_admin,`),
  unknown: profile(`${plain}\n${complex}`),
};

const files = {
  'abi/3.0': 'query {label {multi_transaction {yes\n}\n}\n}\n',
  'tunables/global': '@{PROC}=/proc/\n',
  'abstractions/base': '  /dev/null rw,\n',
};

describe.each(runtimes)('the version policy of a team on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;
  let count = 0;

  /** A profile's name that is not used yet; its text calls it web. */
  const newName = () => `web-${++count}`;
  const named = (text: string, name: string) => text.replace('profile web {', `profile ${name} {`);
  const submit = (name: string, version: string, text: string, widens?: string) =>
    publish(registry, acme, {
      ...{ name, version, text: named(text, name) },
      manifest: { ...manifest, ...(widens === undefined ? {} : { widens }) },
    });
  const setPolicy = async (versionPolicy: string) =>
    Team.parse(
      await (
        await expectStatus(
          200,
          send(registry, 'PATCH', '/v1/teams/acme', { versionPolicy }, acme.token),
        )
      ).json(),
    ).versionPolicy;
  const putBase = (release: string, content: object) =>
    send(registry, 'PUT', `/v1/bases/${release}`, { files: content }, registry.adminToken);
  const problemOf = async (pending: Promise<Response>) =>
    Problem.parse(await (await expectStatus(422, pending)).json());
  const yank = (name: string, version: string) =>
    expectStatus(
      200,
      send(
        registry,
        'POST',
        `/v1/profiles/acme/${name}/versions/${version}/yank`,
        { reason: 'bad' },
        acme.token,
      ),
    );

  beforeAll(async () => {
    registry = await start();
    acme = await createPublisher(registry, 'acme');
    expect(await setPolicy('semver')).toBe('semver');
  });
  afterAll(() => registry.close());

  test('is none at first, and then any version may be published', async () => {
    const free = await createPublisher(registry, 'free');
    const team = Team.parse(await (await registry.fetch('/v1/teams/free')).json());
    expect(team.versionPolicy).toBe('none');
    for (const [version, text] of [
      ['1.0.0', texts.narrower],
      ['1.0.1', texts.wider],
    ] as const)
      await expectStatus(201, publish(registry, free, { name: 'web', version, text }));
  });

  test('is none or semver, and of a team that exists', async () => {
    await expectStatus(400, send(registry, 'PATCH', '/v1/teams/acme', {}, acme.token));
    for (const versionPolicy of ['', 'strict', null]) {
      const change = send(registry, 'PATCH', '/v1/teams/acme', { versionPolicy }, acme.token);
      await expectStatus(400, change);
    }
    const unknown = send(
      registry,
      'PATCH',
      '/v1/teams/nobody',
      { versionPolicy: 'semver' },
      registry.adminToken,
    );
    await expectStatus(404, unknown);
  });

  describe.each(['without a base policy', 'with one'])('%s', (which) => {
    beforeAll(async () => {
      if (which === 'with one') await expectStatus(201, putBase('3.0', files));
    });

    test.each<[from: string, to: string, changes: Record<keyof typeof texts, boolean>]>([
      ['1.2.3', '1.2.4', { same: true, narrower: true, wider: false, unknown: false }],
      ['1.2.3', '1.3.0', { same: true, narrower: true, wider: false, unknown: false }],
      ['1.2.3', '1.3.0-rc.1', { same: true, narrower: true, wider: false, unknown: false }],
      ['1.2.3-rc.1', '1.2.3', { same: true, narrower: true, wider: false, unknown: false }],
      ['1.2.3', '2.0.0', { same: true, narrower: true, wider: true, unknown: true }],
      ['1.2.3', '2.0.0-rc.1', { same: true, narrower: true, wider: true, unknown: true }],
      ['0.2.3', '0.2.4', { same: true, narrower: true, wider: false, unknown: false }],
      ['0.0.1', '0.0.2', { same: true, narrower: true, wider: false, unknown: false }],
      ['0.2.3', '0.3.0', { same: true, narrower: true, wider: true, unknown: true }],
      ['0.2.3', '1.0.0', { same: true, narrower: true, wider: true, unknown: true }],
    ])('%s to %s', async (from, to, changes) => {
      for (const [kind, isAccepted] of Object.entries(changes)) {
        const text = texts[kind as keyof typeof texts];
        const name = newName();
        await expectStatus(201, submit(name, from, profile(plain)));
        if (isAccepted) {
          await expectStatus(201, submit(name, to, text));
          continue;
        }
        const problem = await problemOf(submit(name, to, text));
        expect(problem).toMatchObject({
          type: 'urn:aa-registry:problem:version-widens',
          widening: { version: from, base: which === 'with one' ? expect.any(String) : null },
        });
        expect(problem.widening?.differences[0]).toMatch(
          kind === 'wider' ? /^capability: \+ sys_admin$/ : /not known: .*too complex/,
        );
        expect((await registry.fetch(`/v1/profiles/acme/${name}/versions/${to}`)).status).toBe(404);
        await expectStatus(201, submit(name, to, text, 'sets the host up'));
      }
    });
  });

  describe('the version that it follows', () => {
    test('is the highest lower one, also where a higher one exists', async () => {
      const name = newName();
      await expectStatus(201, submit(name, '1.2.3', profile(plain)));
      await expectStatus(201, submit(name, '2.0.0', texts.wider));
      const refused = await problemOf(submit(name, '1.2.4', texts.wider));
      expect(refused.widening?.version).toBe('1.2.3');
      await expectStatus(201, submit(name, '2.0.1', texts.wider));
      // Nothing is lower.
      await expectStatus(201, submit(name, '1.0.0', texts.wider));
    });

    test('is not a yanked one', async () => {
      const name = newName();
      await expectStatus(201, submit(name, '1.0.0', texts.wider));
      await expectStatus(201, submit(name, '1.1.0', texts.narrower));
      expect((await problemOf(submit(name, '1.2.0', texts.wider))).widening?.version).toBe('1.1.0');
      await yank(name, '1.1.0');
      await expectStatus(201, submit(name, '1.2.0', texts.wider));
      await yank(name, '1.0.0');
      await yank(name, '1.2.0');
      await expectStatus(201, submit(name, '1.3.0', texts.unknown));
    });

    test('is of the same profile, and only a team with the policy has one', async () => {
      const name = newName();
      await expectStatus(201, submit(name, '1.0.0', texts.narrower));
      await expectStatus(201, submit(newName(), '1.0.1', texts.wider));
      await problemOf(submit(name, '1.0.1', texts.wider));
      await setPolicy('none');
      await expectStatus(201, submit(name, '1.0.1', texts.wider));
      await setPolicy('semver');
      // What is published is published: the same bytes again are no change.
      await expectStatus(200, submit(name, '1.0.1', texts.wider));
    });
  });

  test.each<[what: string, base: Record<string, string>, from: string, to: string, line: RegExp]>([
    [
      'an abstraction',
      { 'abstractions/more': '/etc/shadow r,\n' },
      '  include <abstractions/base>',
      '  include <abstractions/more>',
      /^file: \+ r: \/etc\/shadow$/,
    ],
    [
      'a deny rule that took away what an abstraction grants',
      { 'abstractions/more': '/etc/shadow r,\n' },
      '  include <abstractions/more>\n  deny /etc/shadow r,',
      '  include <abstractions/more>',
      /^file: \+ r: \/etc\/shadow$/,
    ],
    [
      'a variable',
      { 'tunables/global': '@{PROC}=/proc/\n@{EXTRA}=/etc/shadow\n' },
      '  /srv/a r,',
      '  @{EXTRA} r,',
      /^file: \+ r: \/etc\/shadow$/,
    ],
  ])('%s permits more by one of two base policies', async (_, more, from, to, line) => {
    const harmless = {
      ...files,
      'tunables/global': '@{PROC}=/proc/\n@{EXTRA}=/srv/a\n',
      'abstractions/more': '',
    };
    for (const [one, other] of [
      ['3.0', '4.1'],
      ['4.1', '3.0'],
    ] as const) {
      await putBase(other, harmless);
      await putBase(one, { ...harmless, ...more });
      const name = newName();
      await expectStatus(201, submit(name, '1.0.0', profile(from)));
      const { widening } = await problemOf(submit(name, '1.0.1', profile(to)));
      expect(widening).toMatchObject({ target: one, omitted: 0 });
      expect(widening?.differences).toEqual([expect.stringMatching(line)]);
    }
  });

  test('a base policy with which one of both can’t be loaded is passed over', async () => {
    await putBase('3.0', { ...files, 'abstractions/more': '' });
    await putBase('4.1', { ...files, 'abi/4.0': '' });
    const name = newName();
    await expectStatus(201, submit(name, '1.0.0', profile(plain)));
    const more = `${plain}\n  include <abstractions/more>`;
    await expectStatus(201, submit(name, '1.0.1', profile(more)));
    const wider = profile(`${more}\n  capability kill,`);
    expect((await problemOf(submit(name, '1.0.2', wider))).widening?.target).toBe('3.0');
  });

  const absent = '  include <abstractions/absent>';
  test.each<[what: string, from: string, to: string, isAccepted: boolean]>([
    ['fewer rules', `${absent}\n  /x r,`, absent, true],
    ['another deny rule', absent, `${absent}\n  deny /x r,`, true],
    ['another rule', absent, `${absent}\n  /x r,`, false],
    ['another include', '', absent, false],
    ['an include that is gone', absent, '', false],
    [
      'an include in a child profile',
      `${absent}\n  profile c {\n  }`,
      `${absent}\n  profile c {\n  ${absent}\n  }`,
      false,
    ],
    ['a lost deny rule', `${absent}\n  deny /x r,`, absent, false],
  ])('if no base policy loads both, includes are empty: %s', async (what, from, to, isAccepted) => {
    const name = newName();
    await expectStatus(201, submit(name, '1.0.0', profile(from)));
    const published = submit(name, '1.0.1', profile(to));
    if (isAccepted) return void (await expectStatus(201, published));
    const { widening } = await problemOf(published);
    expect(widening?.base).toBeNull();
    expect(widening?.differences.join()).toMatch(
      what === 'another rule'
        ? /^file: \+ r: \/x$/
        : /include: not known: .*<abstractions\/absent>/,
    );
  });

  test('only a signed reason counts', async () => {
    const name = newName();
    const text = named(texts.wider, name);
    await expectStatus(201, submit(name, '1.0.0', profile(plain)));
    const path = `/v1/profiles/acme/${name}/versions/1.0.1`;
    const draft = { name, version: '1.0.1', text };
    const reasoned = { ...draft, manifest: { ...manifest, widens: 'sets the host up' } };
    const envelope = await signDraft(acme, draft);
    const put = (body: object) => send(registry, 'PUT', path, body, acme.token);
    // Beside the statement.
    await expectStatus(400, put({ profile: text, envelope, widens: 'x' }));
    await problemOf(put({ profile: text, envelope }));
    // Signed by another team's key, changed after it was signed, or blank.
    const other = await createPublisher(registry, `other-${count}`);
    const forged = await signDraft({ ...acme, key: other.key }, reasoned);
    const { payload } = await signDraft(acme, reasoned);
    const blank = await signDraft(acme, { ...draft, manifest: { ...manifest, widens: ' ' } });
    for (const refused of [forged, { ...envelope, payload }, blank]) {
      expect(await problemOf(put({ profile: text, envelope: refused }))).toMatchObject({
        type: 'urn:aa-registry:problem:envelope-refused',
      });
    }
    await expectStatus(201, put({ profile: text, envelope: await signDraft(acme, reasoned) }));
  });

  test('a version with many differences has a bounded problem', async () => {
    const name = newName();
    const rules = Array.from({ length: 60 }, (_, at) => `  /srv/${'d'.repeat(60)}${at} r,`);
    await expectStatus(201, submit(name, '1.0.0', profile(plain)));
    const problem = await problemOf(submit(name, '1.0.1', profile([plain, ...rules].join('\n'))));
    const { differences = [], omitted = 0 } = problem.widening ?? {};
    expect(differences).toHaveLength(20);
    expect(omitted).toBeGreaterThan(0);
    expect(JSON.stringify(problem).length).toBeLessThan(20_000);
  });

  test('of concurrent publications, each is compared with what it follows in the end', async () => {
    const name = newName();
    /** Permits to read this many files. */
    const sized = (size: number) =>
      profile(Array.from({ length: size }, (_, at) => `  /srv/${at} r,`).join('\n'));
    const sizes = new Map([[0, 12]]);
    await expectStatus(201, submit(name, '1.0.0', sized(12)));
    const all = Array.from({ length: 12 }, (_, at) => at + 1);
    const found = await Promise.all(
      all.map(async (minor) => {
        const size = [7, 12, 3][minor % 3] as number;
        sizes.set(minor, size);
        const response = await submit(name, `1.${minor}.0`, sized(size));
        const body = (await response.json()) as { logIndex: number };
        expect([201, 409, 422]).toContain(response.status);
        return response.status === 201 ? { minor, index: body.logIndex } : undefined;
      }),
    );
    const published = found.filter((one) => one !== undefined).sort((a, b) => a.index - b.index);
    expect(published.length).toBeGreaterThan(0);
    const there = [0];
    for (const { minor } of published) {
      const before = Math.max(...there.filter((one) => one < minor));
      expect(sizes.get(minor)).toBeLessThanOrEqual(sizes.get(before) as number);
      there.push(minor);
    }
  });
});
