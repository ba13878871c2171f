// Lint rules by their examples, suppression, and profiles without diagnostics.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LintOptions, lint, packageOptions } from '../../policy/index.ts';
import { lintRules } from '../../policy/lint/rules.ts';
import { fileResolver } from '../../sdk/host/includes.ts';

const ids = (source: string, options = {}) =>
  lint(source, options).diagnostics.map((one) => one.id);

describe.each(lintRules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  test('reports its bad example', () => {
    expect(ids(rule.fires, rule.options)).toContain(id);
  });

  test('accepts its corrected example', () => {
    const found = lint(rule.clean, rule.options);
    expect(found.diagnostics.map((one) => one.id)).not.toContain(id);
    expect(found.ok).toBe(true);
  });

  test('its fix, if any, removes the diagnostic', () => {
    for (const { id: found, fix } of lint(rule.fires, rule.options).diagnostics) {
      if (found !== id || !fix) continue;
      const { start, end } = fix.span;
      const fixed = rule.fires.slice(0, start.offset) + fix.text + rule.fires.slice(end.offset);
      expect(ids(fixed, rule.options)).not.toContain(id);
    }
  });
});

describe('suppression', () => {
  const profile = (rule: string) =>
    `abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /usr/bin/demo mr,\n${rule}\n}\n`;

  test('after the rule, with a reason', () => {
    expect(ids(profile('  ptrace, # lint-ignore bare-ptrace: it is a debugger'))).toEqual([]);
  });

  test('on the line before, several rules', () => {
    const text =
      '  # lint-ignore bare-network, bare-capability: a test bed\n  network,\n  capability,';
    expect(ids(profile(text))).toEqual(
      ['lint-ignore', 'bare-capability'].filter((id) => id !== 'lint-ignore'),
    );
  });

  test('before a profile: all of it', () => {
    const text = `abi <abi/3.0>,\n# lint-ignore bare-ptrace: debuggers live here\nprofile demo /usr/bin/demo {\n  /usr/bin/demo mr,\n  ptrace,\n}\n`;
    expect(ids(text)).toEqual([]);
  });

  test('without a reason is ineffective and reported', () => {
    expect(ids(profile('  ptrace, # lint-ignore bare-ptrace'))).toEqual([
      'bare-ptrace',
      'lint-ignore',
    ]);
  });

  test('of an unknown or unreported rule is reported', () => {
    expect(ids(profile('  /x r, # lint-ignore bare-pizza: hungry'))).toEqual(['lint-ignore']);
    expect(ids(profile('  /x r, # lint-ignore bare-ptrace: no reason to'))).toEqual([
      'lint-ignore',
    ]);
  });

  test('is impossible for rules that protect hosts', () => {
    const text =
      'abi <abi/3.0>,\nprofile sshd flags=(attach_disconnected) { # lint-ignore package-name: please\n}\n';
    const found = lint(text, { packageName: 'demo' });
    expect(found.ok).toBe(false);
    expect(found.diagnostics.map((one) => one.id)).toContain('package-name');
  });
});

describe('package rules', () => {
  const options = { packageName: 'demo' };
  const name = (source: string) =>
    ids(source, options).filter((id) => id === 'package-name').length;

  test('a package contains exactly its profile', () => {
    const own = 'abi <abi/3.0>,\nprofile demo flags=(attach_disconnected) {\n  ^hat {\n  }\n}\n';
    expect(lint(own, options).ok).toBe(true);
    expect(name('profile other {\n}\n')).toBe(1);
    expect(name('profile demo {\n}\nprofile other {\n}\n')).toBe(1);
    expect(name('profile :ns:demo {\n}\n')).toBe(1);
    expect(name('hat demo {\n}\n')).toBe(1);
    expect(name('# nothing\n')).toBe(1);
  });

  test.each<[profiles: string[], text: string, messages: RegExp[]]>([
    [['demo', 'x'], 'profile demo {\n}\nprofile x {\n}\n', []],
    [['/usr/sbin/ntpd'], '/usr/sbin/ntpd {\n  profile child {\n  }\n}\n', []],
    [['x'], 'profile demo {\n}\n', [/demo, which the manifest does not list/, /not define .* x\./]],
    [['demo', 'x'], 'profile demo {\n}\n', [/does not define the profile x\./]],
    [['demo'], 'profile demo {\n}\nprofile demo {\n}\n', [/demo is defined twice/]],
    [['demo'], 'profile :ns:demo {\n}\n', [/namespace ns/, /does not define the profile demo/]],
    [
      ['demo', 'demo//x'],
      'profile demo {\n  ^x {\n  }\n}\n',
      [/does not define the profile demo..x/],
    ],
  ])('with profiles = %j, %j has exactly those', (profiles, text, messages) => {
    const found = lint(text, { ...options, profiles, kind: 'host' }).diagnostics;
    const named = found.filter(({ id }) => id === 'package-name').map(({ message }) => message);
    expect(named).toHaveLength(messages.length);
    for (const message of messages) expect(named.join('\n')).toMatch(message);
  });

  const attaching = 'profile demo /usr/bin/demo {\n}\n';
  test.each<[text: string, options: LintOptions, severity: string | undefined]>([
    [attaching, { kind: 'container' }, 'error'],
    [attaching, { kind: 'host' }, undefined],
    [attaching, {}, 'warning'],
    ['/usr/bin/demo {\n}\n', { profiles: ['/usr/bin/demo'] }, 'error'],
    ['profile @{bin}/demo {\n}\n', { profiles: ['@{bin}/demo'] }, 'error'],
    ['/usr/bin/demo {\n}\n', { profiles: ['/usr/bin/demo'], kind: 'host' }, undefined],
    ['profile demo {\n  profile child /usr/bin/x {\n  }\n}\n', { kind: 'container' }, undefined],
  ])('of %j with %j, the attachment is %s', (text, more, severity) => {
    const found = lint(text, { ...options, ...more }).diagnostics;
    const severities = found
      .filter(({ id }) => id === 'container-attachment')
      .map((one) => one.severity);
    expect(severities).toEqual(severity === undefined ? [] : [severity]);
  });

  test('a package with images is for containers unless its manifest says more', () => {
    const kindOf = (images: string[], kind?: 'container' | 'host') =>
      packageOptions({ name: 'demo', manifest: { abi: '3.0', images, kind } }).kind;
    expect([kindOf([]), kindOf(['nginx']), kindOf([], 'host'), kindOf([], 'container')]).toEqual([
      undefined,
      'container',
      'host',
      'container',
    ]);
  });

  test('a profile in an include does not count', () => {
    const resolver = () => ({ file: 'evil', source: 'profile sshd {\n}\n' });
    const found = lint('include <x>\nprofile demo {\n}\n', { ...options, resolver });
    expect(found.diagnostics.filter((one) => one.id === 'package-name')).toHaveLength(1);
  });

  test.each([
    'include "x"',
    'include /etc/passwd',
    'include <../x>',
    'include </etc/x>',
    'abi "x",',
  ])('%s is refused', (line) => {
    expect(ids(`${line}\nprofile demo {\n}\n`, options)).toContain('include-path');
    expect(ids(`profile demo {\n  if defined @{X} {\n    ${line}\n  }\n}\n`, options)).toContain(
      'include-path',
    );
  });
});

test('lint compares with the docker-default that is shipped', async () => {
  const text = readFileSync('profiles/docker-default/docker-default', 'utf8');
  const module = `// The profile of profiles/docker-default, for the lint rules that compare with it; test/policy/lint.test.ts writes it.\nexport const dockerDefault = \`${text}\`;\n`;
  await expect(module).toMatchFileSnapshot('../../policy/lint/docker-default.ts');
});

describe('the profiles this project ships', () => {
  const resolver = existsSync('/etc/apparmor.d/abstractions/base')
    ? fileResolver({ base: '/etc/apparmor.d' })
    : undefined;
  for (const name of ['docker-default', 'docker-nginx']) {
    const path = join(import.meta.dirname, '../../profiles', name, name);
    test.skipIf(!existsSync(path))(
      `${name} has no errors and warnings, with and without its includes`,
      () => {
        const source = readFileSync(path, 'utf8');
        for (const options of [{}, ...(resolver ? [{ resolver }] : [])]) {
          const found = lint(source, { packageName: name, ...options });
          expect(found.diagnostics.filter((one) => one.severity !== 'info')).toEqual([]);
        }
      },
    );
  }
});

test('a rule that the abi does not support', () => {
  const text = 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  mqueue,\n}\n';
  expect(ids(text)).toContain('not-mediated');
});
