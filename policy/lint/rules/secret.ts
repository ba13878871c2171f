import { secretsIn } from '../../secrets.ts';
import type { LintRule } from '../rule.ts';

export const secret: LintRule = {
  id: 'secret',
  title: 'A private key or a token',
  severity: 'error',
  text: 'What is published is there for everybody and for good: nothing is deleted, and the log names it. A profile, a README or a manifest that holds what looks like a private key or a token is refused, before anything is sent and again by the registry. Take it out; where it was published anywhere else already, revoke it.',
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
