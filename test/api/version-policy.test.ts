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
/** Overlapping patterns, whose comparison is over the budget. */
const complex = Array.from({ length: 400 }, (_, at) => `  signal send peer=*a${at}*,`).join('\n');

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
  const send_ = (name: string, version: string, text: string, widens?: string) =>
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
  });
  afterAll(() => registry.close());

  test('is none at first, and then any version may be published', async () => {
    const team = Team.parse(await (await registry.fetch('/v1/teams/acme')).json());
    expect(team.versionPolicy).toBe('none');
    const name = newName();
    await expectStatus(201, send_(name, '1.0.0', texts.narrower));
    await expectStatus(201, send_(name, '1.0.1', texts.wider));
    expect(await setPolicy('semver')).toBe('semver');
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
        await expectStatus(201, send_(name, from, profile(plain)));
        if (isAccepted) {
          await expectStatus(201, send_(name, to, text));
          continue;
        }
        const problem = await problemOf(send_(name, to, text));
        expect(problem).toMatchObject({
          type: 'urn:aa-registry:problem:version-widens',
          widening: { version: from, base: which === 'with one' ? expect.any(String) : null },
        });
        expect(problem.widening?.differences[0]).toMatch(
          kind === 'wider' ? /^capability: \+ sys_admin$/ : /not known: .*too complex/,
        );
        expect((await registry.fetch(`/v1/profiles/acme/${name}/versions/${to}`)).status).toBe(404);
        await expectStatus(201, send_(name, to, text, 'sets the host up'));
      }
    });
  });
});
