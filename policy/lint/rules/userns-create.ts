import type { LintRule } from '../rule.ts';

export const usernsCreate: LintRule = {
  id: 'userns-create',
  title: 'User namespaces open much of the kernel',
  severity: 'info',
  text: 'In a user namespace of its own a program holds every capability over it, which reaches kernel code that is otherwise root’s alone; many kernel exploits start there.',
  fires: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo {\n  userns create,\n}\n',
  clean: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo {\n  /usr/bin/demo mr,\n}\n',
  check({ ownRules, report }) {
    for (const { rule, deny } of ownRules('userns')) {
      if (!deny)
        report(
          rule,
          'This lets the program make user namespaces, and reach kernel code through them.',
          { expected: 'no such rule, unless it is a sandbox or a container runtime' },
        );
    }
  },
};
