// Random policies with rules about few paths, so that many rules overlap, and paths to look up.
import fc from 'fast-check';

const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', '/a', '/b', '/') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '*',
      '**',
      '?',
      '[ab]',
      '[^a]',
      '{a,b}',
      '{,a}',
      '{a*,/b}',
      '@{V}',
      '@{W}',
    ),
  },
  fc.constantFrom('é', '\\303\\251', '[é]', '\\*'),
);
const pattern = fc.array(piece, { maxLength: 5 }).map((pieces) => `/${pieces.join('')}`);

const exec = fc.constantFrom(
  ...[
    '',
    '',
    '',
    'ix',
    'px',
    'Px',
    'cx',
    'Cx',
    'ux',
    'Ux',
    'pix',
    'Pix',
    'pux',
    'PUx',
    'cix',
    'Cix',
    'cux',
    'CUx',
  ],
);
const simple = fc.constantFrom('r', 'w', 'rw', 'a', 'ra', 'k', 'm', 'l', 'rwkl', 'rm', 'mr');
const qualifier = fc.constantFrom('', '', 'audit ', 'owner ', 'audit owner ');
const target = fc.constantFrom('', '', '', ' -> p', ' -> p//q');

const fileRule = fc.oneof(
  fc.tuple(qualifier, pattern, simple).map(([q, path, mode]) => `${q}${path} ${mode},`),
  fc
    .tuple(qualifier, pattern, simple, exec, target)
    .map(
      ([q, path, mode, x, to]) =>
        `${q}${path} ${mode}${x}${x !== '' && x !== 'ix' && x !== 'ux' && x !== 'Ux' ? to : ''},`,
    ),
  fc
    .tuple(
      fc.constantFrom('deny ', 'audit deny ', 'deny owner '),
      pattern,
      fc.constantFrom('r', 'w', 'a', 'x', 'rx', 'l', 'rwl', 'k', 'm'),
    )
    .map(([q, path, mode]) => `${q}${path} ${mode},`),
);
const linkRule = fc
  .tuple(fc.constantFrom('', 'owner ', 'deny '), fc.constantFrom('', 'subset '), pattern, pattern)
  .map(([q, subset, path, to]) => `${q}link ${subset}${path} -> ${to},`);
const capabilityRule = fc.constantFrom(
  ...[
    'capability,',
    'capability chown,',
    'capability kill sys_admin,',
    'deny capability kill,',
    'audit capability bpf,',
  ],
);
const otherRule = fc.constantFrom('file,', 'owner file,', 'change_profile -> x,', 'signal,');
const rule = fc.oneof(
  { weight: 10, arbitrary: fileRule },
  { weight: 2, arbitrary: linkRule },
  { weight: 2, arbitrary: capabilityRule },
  { weight: 1, arbitrary: otherRule },
);
const rules = fc.array(rule, { minLength: 1, maxLength: 8 });

/** The text of a policy, which the parser may refuse. */
export const generatedPolicy = fc
  .record({
    rules,
    child: fc.option(rules),
    hat: fc.option(rules),
    alias: fc.constantFrom('', '', 'alias /a -> /b/,\n', 'alias /b/ -> /a,\n', 'alias / -> //b,\n'),
    values: fc.constantFrom(
      'a b',
      'a/ /b',
      '*',
      '/a* /b/',
      'a a',
      '/ /',
      '// a//',
      '{a,/b/}',
      '{,/} b',
    ),
  })
  .map(
    ({ rules, child, hat, alias, values }) =>
      `@{V}=${values}\n@{W}=b@{V}\n${alias}profile p {\n  ${rules.join('\n  ')}\n` +
      `${child ? `  profile q {\n    ${child.join('\n    ')}\n  }\n` : ''}` +
      `${hat ? `  ^h {\n    ${hat.join('\n    ')}\n  }\n` : ''}}\n`,
  );

const priority = fc.constantFrom('', '', 'priority=1 ', 'priority=-1 ');

/** Such a policy, of which some rules have a priority. */
export const prioritizedPolicy = fc
  .tuple(generatedPolicy, fc.array(priority, { minLength: 30, maxLength: 30 }))
  .map(([policy, priorities]) => {
    let at = 0;
    return policy.replace(/^( +)(?=\S.*,$)/gm, (blank) => blank + priorities[at++]);
  });

/** Paths for such rules in the kernel's form: absolute, without `//`. */
export const paths = fc
  .array(fc.constantFrom('a', 'b', '/', '/a', '/b', 'é', '*', 'x'), { maxLength: 7 })
  .map((pieces) => `/${pieces.join('')}`.replace(/\/{2,}/g, '/'));
