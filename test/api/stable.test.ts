import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../cli/framework/command.ts';
import { problems } from '../../contract/index.ts';
import { node, type TestRegistry } from '../runtimes.ts';
import { type Document, operationsOf } from './openapi.ts';
import stable from './stable.json' with { type: 'json' };

/** The stable interface for programs: stable.json may only be extended. */
describe('the interface', () => {
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await node.start();
  });
  afterAll(() => registry.close());

  test('has every earlier operation', async () => {
    const document = (await (await registry.fetch('/openapi.json')).json()) as Document;
    const operations = operationsOf(document).map(
      ({ method, path, operationId }) => `${method} ${path} ${operationId}`,
    );
    expect(operations).toEqual(expect.arrayContaining(stable.operations));
  });

  test('has every earlier problem, with its status', () => {
    const found = Object.entries(problems).map(([id, { status }]) => `${id} ${status}`);
    expect(found).toEqual(expect.arrayContaining(stable.problems));
  });

  test('has the earlier exit codes', () => {
    expect(exit).toMatchObject(stable.exitCodes);
  });

  test('is described in under 195 KB', async () => {
    const text = await (await registry.fetch('/openapi.json')).text();
    expect(text.length).toBeLessThan(195_000);
  });
});
