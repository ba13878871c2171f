// What releases of apparmor_parser compile differently from the same rules, as measured with 3.0.8, 4.1.0 and 5.0.2.
import { describe, expect, test } from 'vitest';
import { Budget, model, type Release } from '../../policy/index.ts';
import { stateAfter } from '../../policy/model/difference.ts';

const measured: readonly Release[] = ['3.0', '4.1', '5.0'];

/** Whether owners are granted a permission on /a, and how its use is logged. */
function grantOn(body: string, permission: string, target: Release): string {
  const [profile] = model(`profile p {\n${body}\n}\n`, { target }).profiles;
  const table = profile?.table('file');
  if (typeof table !== 'object') throw new Error(`no table: ${table}`);
  const state = stateAfter(table.matcher, '/a', new Budget(1e9));
  const grant = table.grants(state)[table.columns.indexOf(`owner ${permission}`)];
  return `${grant?.decision.granted} ${grant?.logging}`.trim();
}

describe('m that comes with ix', () => {
  test.each([
    ['beside exec of a path without wildcards', '/** rix,\n/a rPx,', ['true', 'true', 'false']],
    ['for others too', 'owner /* ix,\n/a Ux,', ['true', 'true', 'false']],
    ['where exec is denied', '/** ix,\ndeny /a x,', ['true', 'true', 'false']],
    ['where it is named', '/** mix,\n/a Px,', ['true', 'true', 'true']],
    ['where ix is what happens', '/** Px,\n/a ix,', ['true', 'true', 'true']],
    ['that is logged', 'audit /a ix,', ['true', 'true audit', 'true']],
    ['that is named and logged', 'audit /a mix,', ['true audit', 'true audit', 'true audit']],
  ])('%s: %j', (_, body, expected) => {
    expect(measured.map((target) => grantOn(body, 'm', target))).toEqual(expected);
  });
});

test('exec is logged by the rule whose transition is taken, before 5.0 by every rule', () => {
  const found = measured.map((target) => grantOn('audit /** ix,\n/a ix,', 'x', target));
  expect(found).toEqual(['true audit', 'true audit', 'true']);
});

test('a link with a target that an alias copies keeps its subset test since 5.0', () => {
  const source =
    'alias /b/ -> /a,\nprofile p {\n  /aa rw,\n  /c r,\n  link subset /b/a -> /c,\n}\n';
  const found = measured.map(
    (target) => model(source, { target }).profiles[0]?.file('l', '/aa', '/c').owner.granted,
  );
  expect(found).toEqual([true, true, false]);
});
