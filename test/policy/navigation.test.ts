import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  check,
  completionAt,
  parse,
  profileOccurrences,
  statementsAt,
  summarizeRule,
  variableOccurrences,
} from '../../policy/index.ts';

const folder = '/etc/apparmor.d';

/** The profiles that are installed with AppArmor. */
const profiles = readdirSync(folder)
  .map((name) => join(folder, name))
  .filter((path) => statSync(path).isFile())
  .map((path): [string, string] => [path, readFileSync(path, 'utf8')]);

/** The text with other words in these places, which are in order. */
function replaced(text: string, places: readonly { start: number; end: number }[], word: string) {
  return places
    .toReversed()
    .reduce((out, { start, end }) => out.slice(0, start) + word + out.slice(end), text);
}

const codesOf = (text: string) => check(text).diagnostics.map(({ id }) => id);

describe.each(profiles)('%s', (_, text) => {
  const { file } = parse(text);

  test('every mention of a variable is a place', () => {
    const found = variableOccurrences(file);
    for (const { start, end, name, sigil } of found) {
      expect(text.slice(start, end)).toBe(sigil === '@' ? `@{${name}}` : `$${name}`);
    }
    const code = text.replaceAll(/#(?!include).*/g, '');
    expect(found.filter(({ sigil }) => sigil === '@').length).toBe(code.split('@{').length - 1);
  });

  test('variables and profiles with new names mean the same', () => {
    for (const name of new Set(variableOccurrences(file).map((one) => one.name))) {
      const places = variableOccurrences(file).flatMap((one) =>
        one.name === name ? [one.nameRange] : [],
      );
      const renamed = replaced(text, places, 'NEW_name');
      expect(variableOccurrences(parse(renamed).file).some((one) => one.name === name)).toBe(false);
      expect(codesOf(renamed)).toEqual(codesOf(text));
    }
    for (const { name, profile } of profileOccurrences(file)) {
      if (!profile?.attachment) continue;
      const places = profileOccurrences(file).filter((one) => one.name === name);
      expect(codesOf(replaced(text, places, 'new-name'))).toEqual(codesOf(text));
    }
  });

  test('statements are found at their places', () => {
    for (let offset = 0; offset < text.length; offset += 97) {
      const around = statementsAt(file, offset);
      for (const [index, one] of around.entries()) {
        expect(one.start).toBeLessThanOrEqual(offset);
        expect(one.end).toBeGreaterThanOrEqual(offset);
        const outer = around[index - 1];
        if (outer) expect(outer.start).toBeLessThanOrEqual(one.start);
      }
    }
  });

  test('the word that is completed ends at the cursor', () => {
    for (let offset = 0; offset <= text.length; offset += 101) {
      const { start } = completionAt(file, offset);
      expect(text.slice(start, offset)).not.toMatch(/\s\S/);
      expect(start).toBeLessThanOrEqual(offset);
    }
  });
});

test('a mode of the profile and a deny rule do not hide what a rule says', () => {
  const text = 'abi <abi/3.0>,\nprofile p flags=(complain) {\n  audit deny /etc/shadow r,\n}\n';
  const { file } = parse(text);
  const [profile, rule] = statementsAt(file, text.indexOf('/etc'));
  if (profile?.kind !== 'profile' || rule?.kind !== 'file') throw new Error('no rule');
  const { denies, lines, mediated } = summarizeRule(file, rule, profile);
  expect({ denies, mediated, topics: lines.map(({ topic }) => topic) }).toEqual({
    ...{ denies: true, mediated: true, topics: ['read-secrets'] },
  });
});

describe('hostile texts', () => {
  const long = 'a'.repeat(5000);
  const texts: [string, string][] = [
    ['a name of many parts', `profile ${'a//'.repeat(300_000)}a {\n}\n`],
    [
      'many references to long names',
      `profile ${long} {\n${`profile ${long} {\n`.repeat(90)}${'/x Cx -> y,\n'.repeat(9000)}`,
    ],
    ['many variables in one word', `profile p {\n  /${'@{X}'.repeat(200_000)} r,\n}\n`],
    ['a long line', `profile p {\n  ${'/a r, '.repeat(9000)}`],
  ];
  // A quadratic walk would take minutes.
  test.each(texts)('%s', { timeout: 60_000 }, (_, text) => {
    const { file } = parse(text);
    expect(profileOccurrences(file).length).toBeGreaterThan(0);
    expect(variableOccurrences(file)).toBeInstanceOf(Array);
    expect(completionAt(file, text.length).start).toBeLessThanOrEqual(text.length);
  });
});
