import type { LintRule } from '../rule.ts';

/** The blank lines and comments at the start of a file. */
const heading = /^\ufeff?(?:[ \t\r]*(?:#(?!include\b)[^\n]*)?\n)*/;

export const noAbi: LintRule = {
  id: 'no-abi',
  title: 'The profile names no abi',
  severity: 'warning',
  text: 'Without an abi rule, what is mediated depends on the host that compiles the profile: after an upgrade, the same file can deny what it allowed, or allow what it denied. Put `abi <abi/3.0>,` at the top of the file. AppArmor 3.0 and later support it.',
  fires: 'profile demo /usr/bin/demo {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n}\n',
  check({ file, profiles, options, report }) {
    const [first] = profiles;
    if (!first || file.statements.some((one) => one.kind === 'abi')) return;
    const { profile } = first.report;
    const start = heading.exec(file.text)?.[0].length ?? 0;
    const rule = `abi <abi/${options.manifestAbi ?? '3.0'}>,`;
    report(
      { start: profile.start, end: profile.name.end },
      'No abi rule says which kernel features this policy was written for.',
      {
        expected: 'an abi rule at the head of the file',
        suggestion: rule,
        fix: { start, end: start, text: `${rule}\n` },
      },
    );
  },
};
