import fc from 'fast-check';
import { expect, test } from 'vitest';
import { auditDenies, parse } from '../../policy/index.ts';
import { generatedRules } from './generated-rules.ts';

test.for([
  ['a deny rule', '  deny /a w,\n', '  audit deny /a w,\n', 1],
  ['one that is audited', '  audit deny /a w,\n', '  audit deny /a w,\n', 0],
  ['a priority before it', '  priority=1 deny /a w,\n', '  priority=1 audit deny /a w,\n', 1],
  ['an owner after it', '  deny owner /a w,\n', '  audit deny owner /a w,\n', 1],
  ['one that is quiet', '  quiet deny /a w,\n', '  audit deny /a w,\n', 1],
  ['another class', '  deny network raw,\n', '  audit deny network raw,\n', 1],
  ['an allow rule', '  /a w,\n', '  /a w,\n', 0],
  ['a hat', '  ^hat {\n    deny /a w,\n  }\n', '  ^hat {\n    audit deny /a w,\n  }\n', 1],
  ['a block', '  deny {\n    /a w,\n  }\n', '  audit deny {\n    /a w,\n  }\n', 1],
  [
    'a conditional',
    '  if $x {\n    deny /a w,\n  } else {\n    deny /b w,\n  }\n',
    '  if $x {\n    audit deny /a w,\n  } else {\n    audit deny /b w,\n  }\n',
    2,
  ],
  ['a comment', '  # deny /a w,\n', '  # deny /a w,\n', 0],
] as const)('%s', ([, before, after, count]) => {
  const file = (body: string) => `profile web {\n${body}}\n`;
  expect(auditDenies(file(before))).toEqual({ text: file(after), count });
});

test('a file is read as before, and has no deny rule left that is not audited', () => {
  fc.assert(
    fc.property(generatedRules, (source) => {
      const { text } = auditDenies(source);
      const errors = (one: string) =>
        parse(one).diagnostics.map(({ id, message }) => [id, message]);
      expect(errors(text)).toEqual(errors(source));
      expect(auditDenies(text)).toEqual({ text, count: 0 });
      expect(text.replace(/audit /g, '')).toBe(source.replace(/audit /g, ''));
    }),
  );
});
