import { outline } from '../../glob/related.ts';
import { allIn, type ExpandedFileRule, fileRules, patternsIntersect } from '../file-rules.ts';
import type { LintRule } from '../rule.ts';

const homes = '/{root,home/*}';

/** Files that let a reader act as another user: a pattern, the relevant part of it, and an example for people. */
const places = (
  [
    ['/etc/{shadow,gshadow}{,-}', 'the password hashes of all accounts'],
    ['/etc/security/opasswd', 'former passwords'],
    ['/etc/ssl/private/**', 'private keys of TLS'],
    ['/etc/pki/tls/private/**', 'private keys of TLS'],
    ['/etc/letsencrypt/{archive,live}/*/privkey*.pem', 'private keys of TLS'],
    ['/etc/ssh/ssh_host_*_key', "the host's private keys"],
    // Not the public halves.
    [`${homes}/.ssh/id_*[^b]`, 'private keys of SSH'],
    [`${homes}/.gnupg/{secring.gpg,private-keys-v1.d/*}`, 'private keys of GnuPG'],
    [
      `${homes}/{.aws/credentials,.kube/config,.docker/config.json,.netrc,.git-credentials}`,
      "a user's tokens and passwords",
    ],
    [
      '/{,var/}run/secrets/{kubernetes.io,eks.amazonaws.com}/serviceaccount/{**/,}token',
      'the token of a Kubernetes service account',
    ],
    ['/etc/kubernetes/{*admin.conf,pki/{,**/}*.key}', 'keys of a Kubernetes cluster'],
    ['/etc/krb5.keytab', "the host's Kerberos keys"],
    ['/etc/wireguard/*.conf', 'private keys of WireGuard'],
  ] as const
).map(([pattern, what]) => ({ place: outline(pattern), what }));

const everything = outline('/**');

export const sensitiveRead: LintRule = {
  id: 'sensitive-read',
  title: 'Reading credentials',
  severity: 'info',
  text: 'A process that has read password hashes, private keys or tokens can act as another user, also on other systems and after it has left the profile. If the program needs them, say so in a comment. Rules of abstractions, and profiles that may read every file, are not reported.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/shadow r,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/passwd r,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      const rules = fileRules(context, profile);
      const reading = rules.allowing('read');
      const found = new Map<ExpandedFileRule, (typeof places)[number][]>();
      for (const one of places) {
        reading.someIntersecting(one.place, context.budget, (by) => {
          if (
            !by.effective.own ||
            by.effective.rule.kind !== 'file' ||
            !patternsIntersect(context, by.outline, one.place) ||
            allIn(context, everything, [by])
          )
            return false;
          const denied = rules.against(context, 'read', by, one.place);
          if (!allIn(context, one.place, denied) && !allIn(context, by.outline, denied))
            found.set(by, [...(found.get(by) ?? []), one]);
          return false;
        });
      }
      for (const [by, [first, ...others]] of found) {
        const { rule } = by.effective;
        if (!first || rule.kind !== 'file') continue;
        const more = others.length > 0 ? ` And ${others.length} more like it.` : '';
        context.report(rule, `This allows reading ${first.what}, here ${rule.path.text}.${more}`, {
          expected: 'the files the program is meant to read',
        });
      }
    }
  },
};
