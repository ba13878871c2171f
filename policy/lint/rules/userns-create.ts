import type { LintRule } from '../rule.ts';

export const usernsCreate: LintRule = {
  id: 'userns-create',
  title: 'User namespaces open much of the kernel',
  severity: 'info',
  text: 'In its own user namespace a program has every capability, which exposes kernel code that otherwise only root can reach; many kernel exploits start there.',
  fires: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo {\n  userns create,\n}\n',
  clean: 'abi <abi/4.0>,\nprofile demo /usr/bin/demo {\n  /usr/bin/demo mr,\n}\n',
  check({ ownRules, report }) {
    for (const { rule, deny } of ownRules('userns')) {
      if (!deny)
        report(rule, 'This allows creating user namespaces, which exposes more of the kernel.', {
          expected: 'no such rule, unless it is a sandbox or a container runtime',
        });
    }
  },
};
