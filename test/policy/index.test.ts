// The other exports of policy/index.ts: names, tokens, rendering, explanations and their pages.
import { describe, expect, test } from 'vitest';
import {
  applyFixes,
  check,
  diagnosticPage,
  explain,
  explanations,
  parse,
  profileNames,
  render,
  tokens,
} from '../../policy/index.ts';
import { lintRules } from '../../policy/lint/rules.ts';

test('the names of profiles are those in the kernel', () => {
  const { file } = parse(
    '/usr/bin/a {\n  ^h {\n  }\n}\nprofile "b c" {\n}\nprofile :ns:d {\n}\nprofile :ns://e /x {\n}\n',
  );
  expect(profileNames(file)).toEqual(['/usr/bin/a', 'b c', ':ns:d', ':ns:e']);
});

test('tokens cover the text for syntax highlighting', () => {
  const source = '@{A} = x # why\nprofile p {\n  deny /etc/** rw,\n}\n';
  expect(
    tokens(source).map(({ kind, start, end }) => `${kind} ${source.slice(start, end)}`),
  ).toEqual([
    'variable @{A}',
    'operator =',
    'value x',
    'comment # why',
    'keyword profile',
    'name p',
    'punctuation {',
    'qualifier deny',
    'path /etc/**',
    'permission rw',
    'punctuation ,',
    'punctuation }',
  ]);
});

describe('render', () => {
  const one = (source: string) => {
    const [first] = check(source).diagnostics;
    if (!first) throw new Error('nothing to render');
    return render(first, source, { file: 'demo' });
  };

  test('shows the position, the line with a caret and the suggestion', () => {
    expect(one('profile p {\n  capability net_bind_servce,\n}\n')).toBe(
      [
        'demo:2:14: error: Unknown capability "net_bind_servce". [capability-name]',
        ' 2 |   capability net_bind_servce,',
        '   |              ^^^^^^^^^^^^^^^',
        '   expected: a capability in lower case without CAP_, such as net_bind_service',
        '   did you mean: net_bind_service',
      ].join('\n'),
    );
  });

  test('aligns the caret below tabs and counts code points', () => {
    expect(one('profile p {\n\t"/\u{1f600}" zz,\n}\n').split('\n').slice(0, 3)).toEqual([
      'demo:2:7: error: The access modes are missing after the path. [syntax]'.replace(
        'The access modes are missing after the path. [syntax]',
        '"zz" is not an access mode. [file-permissions]',
      ),
      ' 2 | \t"/\u{1f600}" zz,',
      '   | \t     ^^',
    ]);
  });

  test('escapes control characters', () => {
    expect(one('profile p {\n  capability \x1b[31mchown,\n}\n')).not.toContain('\x1b');
  });
});

test('fixes are applied together', () => {
  const broken =
    'profile p {\n  capability net_bind_servce,\n  signal send set=(SIGTERM),\n  /a r\n}\n';
  const fixed = applyFixes(broken, check(broken).diagnostics).text;
  expect(fixed).toBe(
    'profile p {\n  capability net_bind_service,\n  signal send set=(term),\n  /a r,\n}\n',
  );
  expect(check(fixed).ok).toBe(true);
});

describe('explanations', () => {
  test('exist for every id; ids are kebab-case', () => {
    for (const [id, { title, text }] of Object.entries(explanations)) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(title.length).toBeGreaterThan(5);
      expect(text.length).toBeGreaterThan(20);
      expect(explain(id)?.id).toBe(id);
    }
    expect(explain('no-such-id')).toBeUndefined();
    expect(explain('constructor')).toBeUndefined();
  });

  test('are listed in docs/diagnostics/README.md', async () => {
    const rows = Object.entries(explanations).map(
      ([id, { severity, title }]) => `| [${id}](${id}.md) | ${severity} | ${title} |`,
    );
    const page = `# Diagnostics\n\nWhat the checker and the linter report. \`aa-registry explain ID\` says the same.\n\n| id | severity | |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
    await expect(page).toMatchFileSnapshot('../../docs/diagnostics/README.md');
  });

  // `npx vitest run test/policy -u` updates the pages.
  test.each(Object.keys(explanations))('docs/diagnostics/%s.md is up to date', async (id) => {
    await expect(
      diagnosticPage(id, explanations[id] as (typeof explanations)[string]),
    ).toMatchFileSnapshot(`../../docs/diagnostics/${id}.md`);
  });
});

describe('the examples of language diagnostics', () => {
  const language = Object.entries(explanations).filter(
    ([, one]) => one.example && !('fires' in one),
  );
  test.each(language)('%s', (id, { example, corrected, severity }) => {
    if (
      severity !== 'error' ||
      id === 'missing-include' ||
      id === 'missing-abi' ||
      id === 'target' ||
      lintRules.some((rule) => rule.id === id)
    )
      return;
    expect(check(example as string).diagnostics.map((one) => one.id)).toContain(id);
    if (corrected) expect(check(corrected).diagnostics.map((one) => one.id)).toEqual([]);
  });
});
