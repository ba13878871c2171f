import { secretsIn } from '../../secrets.ts';
import type { LintRule } from '../rule.ts';

export const secret: LintRule = {
  id: 'secret',
  title: 'A private key or a token',
  severity: 'error',
  text: 'Published content is readable by everyone and is never deleted. A profile, README or manifest that appears to contain a private key or a token is refused, both before anything is sent and by the registry. Remove it; if it has been published elsewhere, revoke it.',
  fires: 'abi <abi/3.0>,\n# -----BEGIN PRIVATE KEY-----\nprofile demo {\n}\n',
  clean: 'abi <abi/3.0>,\n# Signed by the platform team.\nprofile demo {\n}\n',
  always: true,
  check({ file, report }) {
    for (const { what, start, end } of secretsIn(file.text)) {
      const message = `This looks like ${what}; what is published can't be taken back.`;
      report({ start, end }, message, { expected: 'no private keys and no tokens' });
    }
  },
};
