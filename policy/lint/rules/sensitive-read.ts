import { outline } from '../../glob/related.ts';
import { allIn, type ExpandedFileRule, fileRules, patternsIntersect } from '../file-rules.ts';
import type { LintRule } from '../rule.ts';

const homes = '/{root,home/*}';

const servers =
  '{apache2,caddy,cups,dovecot,exim4,haproxy,httpd,lighttpd,nginx,openvpn,postfix,prosody,stunnel}';

/** When a rule is not reported: it is for the user's own processes, or it is for a server's whole data. */
interface Exception {
  others?: true;
  data?: string;
}

type Row = readonly [pattern: string, what: string, exception?: Exception];

/** Files that let a reader act as another user: a pattern, and what is there. */
const rows: readonly Row[] = [
  ['/etc/{shadow,gshadow}{,-}', 'the password hashes of all accounts'],
  ['/etc/security/opasswd', 'former passwords'],
  ['/etc/ssl/private/**', 'private keys of TLS'],
  ['/etc/pki/tls/private/**', 'private keys of TLS'],
  ['/etc/letsencrypt/{archive,live}/*/privkey*.pem', 'private keys of TLS'],
  [`/etc/${servers}/{certs,private,server,ssl,tls}/{**/,}*.key`, "a server's private keys"],
  ['/etc/ssh/ssh_host_*_key', "the host's private keys"],
  // Not the public halves.
  [`${homes}/.ssh/id_*[^b]`, 'private keys of SSH'],
  [`${homes}/.gnupg/{secring.gpg,private-keys-v1.d/*}`, 'private keys of GnuPG'],
  [
    `${homes}/{.aws/credentials,.azure/msal_token_cache.*,.config/gcloud/{access_tokens,credentials}.db,.config/gcloud/application_default_credentials.json}`,
    "a user's credentials for a cloud",
  ],
  [
    `${homes}/{.kube/config,.docker/config.json,.netrc,.git-credentials,.my.cnf,.pgpass,.vault-token}`,
    "a user's tokens and passwords",
  ],
  [
    '/{,var/}run/secrets/{kubernetes.io,eks.amazonaws.com}/serviceaccount/{**/,}token',
    'the token of a Kubernetes service account',
  ],
  ['/{,var/}run/secrets/*', "a container's secrets"],
  ['/run/credentials/*.service/*', "a service's credentials"],
  [
    '/etc/kubernetes/{{*admin,controller-manager,kubelet,scheduler}.conf,pki/{,**/}*.key}',
    'keys of a Kubernetes cluster',
  ],
  [
    '/var/lib/kubelet/pki/{*.key,kubelet-{client,server}-*.pem}',
    "a Kubernetes node's private keys",
  ],
  [
    '/{var/lib/postgresql,var/lib/pgsql,etc/postgresql}/{**/,}server.key',
    "the database server's private key",
    { data: '/var/lib/postgresql/**' },
  ],
  [
    '/{etc/mysql,etc/mariadb,etc/my.cnf.d,var/lib/mysql}/{**/,}{{ca,client,server}-key,private_key}.pem',
    "the database server's private keys",
    { data: '/var/lib/mysql/**' },
  ],
  ['/etc/mysql/debian.cnf', "the password of the database's administrator"],
  ['/etc/krb5.keytab', "the host's Kerberos keys"],
  ['/etc/wireguard/*.conf', 'private keys of WireGuard'],
  ['/{proc/kcore,dev/{kmem,mem,port}}', "the host's memory"],
  // Rules with `owner` reach the user's own processes only, and many programs look at /proc/1 for a container.
  ['/proc/[2-9]*/mem', "other processes' memory", { others: true }],
  [
    '/proc/[2-9]*/environ',
    "other processes' environment, where passwords often are",
    { others: true },
  ],
];

const places = rows.map(([pattern, what, { others = false, data } = {}]) => ({
  place: outline(pattern),
  what,
  others,
  data: data === undefined ? undefined : outline(data),
}));

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
            allIn(context, everything, [by]) ||
            (one.others && by.effective.qualifiers.owner) ||
            (one.data && allIn(context, one.data, [by]))
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
