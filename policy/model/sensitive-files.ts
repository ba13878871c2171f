// Files that matter more than others: what reading and writing them is good for.

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
export const secretFiles: readonly Row[] = [
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
    '/{var/lib/{postgresql,pgsql}/{data,[0-9]*/*}/,etc/postgresql/{**/,}}server.key',
    "the database server's private key",
    { data: '/var/lib/postgresql/**' },
  ],
  [
    '/{etc/{mysql,mariadb,my.cnf.d}/{**/,},var/lib/mysql/}{{ca,client,server}-key,private_key}.pem',
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

/** Sockets of programs that run others as root of the host, or with the rights of a user there. */
export const controlSockets: readonly string[] = [
  ...['/run/docker.sock', '/var/run/docker.sock', '/run/user/1000/docker.sock'],
  ...['/run/containerd/containerd.sock', '/run/k3s/containerd/containerd.sock'],
  ...['/run/crio/crio.sock', '/run/cri-dockerd.sock', '/run/buildkit/buildkitd.sock'],
  ...['/run/podman/podman.sock', '/run/user/1000/podman/podman.sock', '/run/systemd/private'],
  ...['/host/run/docker.sock', '/host/var/run/docker.sock'],
  ...['/host/run/containerd/containerd.sock', '/host/run/crio/crio.sock'],
];

/** Files that let a writer act as another user: a representative path, how, and the pattern of those like it. */
export const trustedFiles: readonly (readonly [path: string, how: string, pattern: string])[] = [
  ['/etc/passwd', 'it makes accounts', '/etc/{passwd,group}'],
  ['/etc/shadow', 'it sets the passwords of all accounts', '/etc/{shadow,gshadow}'],
  ['/etc/sudoers', 'it gives root rights', '/etc/sudoers{,.d/**}'],
  ['/etc/ld.so.preload', 'every program loads what is named there', '/etc/ld.so.{preload,conf}'],
  [
    '/etc/cron.d/x',
    'cron runs what is written there, as root',
    '/{etc/{anacrontab,crontab,cron.*/*},var/spool/cron/?**}',
  ],
  [
    '/etc/systemd/system/x.service',
    'systemd runs what is written there, as root',
    '/{etc,run,{usr/,}lib}/systemd/system/**',
  ],
  [
    '/etc/profile.d/x.sh',
    'every shell runs what is written there',
    '/etc/{profile,bash.bashrc,environment,profile.d/*}',
  ],
  ['/etc/pam.d/sshd', 'it decides who may log in', '/etc/{pam.d/*,ssh/sshd_config{,.d/*}}'],
  [
    '/etc/apparmor.d/x',
    'the profiles of the next boot are there, this one too',
    '/etc/apparmor.d/**',
  ],
  ['/root/.ssh/authorized_keys', 'it lets a key log in as root', '/root/.ssh/authorized_keys'],
  [
    '/home/x/.ssh/authorized_keys',
    'it lets a key log in as the user',
    '/home/*/.ssh/authorized_keys',
  ],
  [
    '/home/x/.bashrc',
    'the next shell of the user runs what is written there',
    `${homes}/.{bashrc,profile,bash_profile,zshrc,zprofile}`,
  ],
  ...['docker.sock', 'containerd/containerd.sock', 'podman/podman.sock', 'crio/crio.sock'].flatMap(
    (name) =>
      ['/run/', '/var/run/'].map(
        (folder) =>
          [
            folder + name,
            'it starts containers, which may have all of the host',
            folder + name,
          ] as const,
      ),
  ),
];
