import { outline } from '../glob/related.ts';
import { allIn, type FileAccess, fileRules, patternsIntersect } from './access.ts';
import type { LintRule } from './rule.ts';

const homes = '/{root,home/*}';

/** Files whose reader can act as another user: a pattern, what of it is meant, and one of them for people. */
const places = (
  [
    ['/etc/{shadow,gshadow}{,-}', 'the password hashes of all accounts', '/etc/shadow'],
    ['/etc/security/opasswd', 'former passwords', '/etc/security/opasswd'],
    ['/etc/ssl/private/**', 'private keys of TLS', '/etc/ssl/private/server.key'],
    ['/etc/pki/tls/private/**', 'private keys of TLS', '/etc/pki/tls/private/server.key'],
    [
      '/etc/letsencrypt/{archive,live}/*/privkey*.pem',
      'private keys of TLS',
      '/etc/letsencrypt/live/example.org/privkey.pem',
    ],
    ['/etc/ssh/ssh_host_*_key', "the host's private keys", '/etc/ssh/ssh_host_ed25519_key'],
    // Not the public halves.
    [`${homes}/.ssh/id_*[^b]`, 'private keys of SSH', '~/.ssh/id_ed25519'],
    [
      `${homes}/.gnupg/{secring.gpg,private-keys-v1.d/*}`,
      'private keys of GnuPG',
      '~/.gnupg/private-keys-v1.d',
    ],
    [
      `${homes}/{.aws/credentials,.kube/config,.docker/config.json,.netrc,.git-credentials}`,
      "a user's tokens and passwords",
      '~/.aws/credentials',
    ],
    [
      '/{,var/}run/secrets/{kubernetes.io,eks.amazonaws.com}/serviceaccount/{**/,}token',
      'the token of a Kubernetes service account',
      '/var/run/secrets/kubernetes.io/serviceaccount/token',
    ],
    [
      '/etc/kubernetes/{*admin.conf,pki/{,**/}*.key}',
      'keys of a Kubernetes cluster',
      '/etc/kubernetes/admin.conf',
    ],
    ['/etc/krb5.keytab', "the host's Kerberos keys", '/etc/krb5.keytab'],
    ['/etc/wireguard/*.conf', 'private keys of WireGuard', '/etc/wireguard/wg0.conf'],
  ] as const
).map(([pattern, what, shown]) => ({ place: outline(pattern), what, shown }));

const everything = outline('/**');

export const sensitiveRead: LintRule = {
  id: 'sensitive-read',
  title: 'Reading what lets one be somebody else',
  severity: 'info',
  text: 'Password hashes, private keys and tokens let whoever reads them be somebody else, elsewhere and later, where no profile holds. Where the program is meant to read them, a comment should say so. Not reported is what abstractions allow, and a profile that may read everything.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/shadow r,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/passwd r,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      const rules = fileRules(context, profile);
      const reading = rules.allowing('read');
      const found = new Map<FileAccess, (typeof places)[number][]>();
      for (const one of places) {
        const denied = rules.against(context, 'read', one.place);
        if (allIn(context, one.place, denied)) continue;
        for (const by of reading.intersecting(one.place, context.budget)) {
          if (!by.effective.own || by.effective.rule.kind !== 'file') continue;
          if (!patternsIntersect(context, by.outline, one.place)) continue;
          if (allIn(context, everything, [by]) || allIn(context, by.outline, denied)) continue;
          found.set(by, [...(found.get(by) ?? []), one]);
        }
      }
      for (const [by, [first, ...others]] of found) {
        if (!first) continue;
        const more = others.length > 0 ? ` And ${others.length} more like it.` : '';
        context.report(
          by.effective.rule,
          `This allows reading ${first.what}, such as ${first.shown}.${more}`,
          { expected: 'the files the program is meant to read' },
        );
      }
    }
  },
};
