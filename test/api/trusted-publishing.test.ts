import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedToken, Problem } from '../../contract/index.ts';
import { type IssueOptions, type OidcIssuer, startIssuer } from '../oidc-issuer.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { origin, runtimes, type TestRegistry } from '../runtimes.ts';

describe.each(runtimes)('trusted publishing on $name', ({ start }) => {
  let github: OidcIssuer;
  let gitlab: OidcIssuer;
  let registry: TestRegistry;
  let acme: Publisher;

  /** GitHub's claims for a job on the branch main of acme/profiles. */
  const githubJob = {
    aud: origin,
    sub: 'repo:acme/profiles:ref:refs/heads/main',
    repository: 'Acme/Profiles',
    repository_id: '42',
    ref: 'refs/heads/main',
    event_name: 'push',
  };
  const gitlabJob = {
    aud: origin,
    sub: 'project_path:acme/sub/profiles:ref_type:branch:ref:main',
    project_path: 'acme/sub/profiles',
    project_id: '7',
    ref: 'main',
    ref_type: 'branch',
    environment: 'production',
  };

  beforeAll(async () => {
    [github, gitlab] = await Promise.all([startIssuer(), startIssuer()]);
    registry = await start({ issuers: [`github=${github.url}`, `gitlab=${gitlab.url}`] });
    acme = await createPublisher(registry, 'acme');
    await createPublisher(registry, 'other');
    const trust = (publisher: object) =>
      expectStatus(201, send(registry, 'POST', trustPath, publisher, acme.token));
    await trust({ issuer: github.url, repository: 'acme/profiles', branch: 'main' });
    await trust({
      issuer: gitlab.url,
      repository: 'acme/sub/profiles',
      branch: 'main',
      environment: 'production',
      profile: 'web',
    });
  });
  afterAll(async () => {
    await registry.close();
    await Promise.all([github.close(), gitlab.close()]);
  });

  const trustPath = '/v1/teams/acme/trusted-publishers';

  const exchange = (token: string, team = 'acme', profile?: string) =>
    send(registry, 'POST', '/v1/oidc/token', { token, team, profile });

  test('a job gets a token for fifteen minutes and publishes with it', async () => {
    const before = Date.now();
    const made = await expectStatus(201, exchange(await github.issue(githubJob)));
    const token = (await made.json()) as CreatedToken;
    expect(token).toMatchObject({ scope: 'publish', team: 'acme', user: null, profile: null });
    const madeAt = Date.parse(token.expiresAt ?? '') - 15 * 60_000;
    expect(madeAt).toBeGreaterThanOrEqual(before);
    expect(madeAt).toBeLessThanOrEqual(Date.now());
    const draft = { name: 'from-ci', version: '1.0.0', token: token.token };
    await expectStatus(201, publish(registry, acme, draft));
    await expectStatus(
      403,
      send(registry, 'POST', '/v1/tokens', { label: 'more', team: 'acme' }, token.token),
    );
    const found = await registry.fetch(trustPath, {
      headers: { Authorization: `Bearer ${acme.token}` },
    });
    expect(await found.json()).toMatchObject({ items: [{ bound: true }, { bound: false }] });
  });

  test('a publisher of one profile gets a token for that profile', async () => {
    const made = await expectStatus(201, exchange(await gitlab.issue(gitlabJob), 'acme', 'web'));
    const { token, profile } = (await made.json()) as CreatedToken;
    expect(profile).toBe('web');
    await expectStatus(201, publish(registry, acme, { name: 'web', version: '1.0.0', token }));
    await expectStatus(403, publish(registry, acme, { name: 'api', version: '1.0.0', token }));
    await expectStatus(401, exchange(await gitlab.issue(gitlabJob), 'acme', 'api'));
    await expectStatus(401, exchange(await gitlab.issue(gitlabJob), 'acme'));
  });

  test.each<[string, JWTPayload, IssueOptions?]>([
    ['another branch', { ref: 'refs/heads/feature' }],
    ['a tag', { ref: 'refs/tags/main' }],
    ['a pull request', { ref: 'refs/pull/1/merge', event_name: 'pull_request' }],
    ['a pull request with the branch’s rights', { event_name: 'pull_request_target' }],
    ['another repository', { repository: 'mallory/profiles' }],
    ['a repository whose name ends alike', { repository: 'x-acme/profiles' }],
    ['the same name, another repository', { repository_id: '43' }],
    ['made for another registry', { aud: 'https://other.test' }],
    ['without an audience', { aud: undefined } as unknown as JWTPayload],
    ['made for this registry’s path', { aud: `${origin}/v1` }],
    ['without an id', { jti: '' }],
    ['of an unknown issuer', { iss: 'http://127.0.0.1:1' }],
    ['no job of GitHub’s', { repository: undefined } as unknown as JWTPayload],
    ['numbers where words belong', { repository_id: 42 } as unknown as JWTPayload],
    ['signed by a stranger', {}, { strange: true }],
    ['one that has ended', {}, { expires: -120 }],
    ['one made long ago', {}, { issued: -3600, expires: 3600 }],
    ['one from the future', {}, { issued: 3600, expires: 7200 }],
    ['not good yet', { nbf: Math.floor(Date.now() / 1000) + 3600 }],
  ])('%s is refused', async (_, claims, options) => {
    await (await exchange(await github.issue(githubJob))).text();
    const token = await github.issue({ ...githubJob, ...claims }, options);
    const response = await expectStatus(401, exchange(token));
    const { type, detail } = (await response.json()) as Problem;
    expect(type).toMatch(/oidc-refused$/);
    expect(detail).not.toContain(token);
    expect(detail).not.toContain('can’t be reached');
  });

  test('a provider can’t issue tokens for another', async () => {
    await expectStatus(401, exchange(await github.issue({ ...gitlabJob, iss: gitlab.url })));
    const job = { ...githubJob, ...gitlabJob };
    await expectStatus(401, exchange(await gitlab.issue(job)));
  });

  test('another team does not trust the job', async () => {
    await expectStatus(401, exchange(await github.issue(githubJob), 'other'));
    await expectStatus(401, exchange(await github.issue(githubJob), 'nobody'));
  });

  test('the environment must match if the team requires one', async () => {
    const { environment: _, ...none } = gitlabJob;
    for (const job of [none, { ...gitlabJob, environment: 'staging' }]) {
      await expectStatus(401, exchange(await gitlab.issue(job), 'acme', 'web'));
    }
  });

  test('a token can be exchanged once', async () => {
    const token = await github.issue(githubJob);
    await expectStatus(201, exchange(token));
    await expectStatus(401, exchange(token));
  });

  test('unsigned and symmetric tokens are refused', async () => {
    const claims = { ...githubJob, iss: github.url, jti: 'x' };
    const unsigned = new UnsecuredJWT(claims).setIssuedAt().setExpirationTime('5m').encode();
    const key = new TextEncoder().encode('a'.repeat(32));
    const symmetric = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'key-0' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key);
    for (const token of [unsigned, symmetric, 'x', 'a.b.c', `${unsigned}x`, '..', '\u0000']) {
      await expectStatus(401, exchange(token));
    }
  });

  test('the keys of a provider are cached', async () => {
    await expectStatus(201, exchange(await gitlab.issue(gitlabJob), 'acme', 'web'));
    await expectStatus(201, exchange(await gitlab.issue(gitlabJob), 'acme', 'web'));
    expect(gitlab.keyRequests()).toBe(1);
  });

  test('trusted publishers are listed, added once and removed', async () => {
    const publisher = { issuer: github.url, repository: 'acme/More', branch: 'main' };
    const added = await send(registry, 'POST', trustPath, publisher, acme.token);
    const { id, repository } = (await added.json()) as { id: number; repository: string };
    expect(repository).toBe('acme/more');
    await expectStatus(409, send(registry, 'POST', trustPath, publisher, acme.token));
    const job = { ...githubJob, repository: 'acme/more', repository_id: '77' };
    await expectStatus(201, exchange(await github.issue(job)));
    await expectStatus(204, send(registry, 'DELETE', `${trustPath}/${id}`, undefined, acme.token));
    await expectStatus(401, exchange(await github.issue(job)));
  });

  test.each([
    { issuer: 'https://elsewhere.test', repository: 'a/b', branch: 'main' },
    { issuer: 'no address', repository: 'a/b', branch: 'main' },
    { repository: 'a/b', branch: 'main' },
  ])('%j is refused as a trusted publisher', async (publisher) => {
    const response = await send(registry, 'POST', trustPath, publisher, acme.token);
    expect([400, 422]).toContain(response.status);
    await response.text();
  });

  test('the settings contain the required audience', async () => {
    const settings = await (await registry.fetch('/v1/oidc')).json();
    expect(settings).toMatchObject({ audience: origin });
    expect((settings as { issuers: string[] }).issuers).toContain(github.url);
  });
});
