import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPublisher, expectStatus, profileText, publish } from '../publisher.ts';
import { type TestRegistry, workerd } from '../runtimes.ts';

/** The tests of `npm test` on workerd: the app starts, publishes and serves. */
describe('a registry on workerd', () => {
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await workerd.start({ empty: true });
  });
  afterAll(() => registry.close());

  test('publishes a version and serves its exact bytes', async () => {
    const team = await createPublisher(registry, 'acme');
    const text = profileText('web');
    const draft = { name: 'web', version: '1.0.0', text };
    await expectStatus(201, publish(registry, team, draft));
    const path = '/v1/profiles/acme/web/versions/1.0.0/profile';
    expect(await (await expectStatus(200, registry.fetch(path))).text()).toBe(text);
    expect(await (await expectStatus(200, registry.fetch('/p/acme/web'))).text()).toContain('web');
  });
});
