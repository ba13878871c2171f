// Lint reports rules that allow reading credentials.
import { describe, expect, test } from 'vitest';
import { lint } from '../../policy/index.ts';

const found = (body: string, head = 'profile demo /usr/bin/demo') =>
  lint(`abi <abi/3.0>,\n@{HOME}=/home/*/ /root/\n${head} {\n${body}\n}\n`).diagnostics.filter(
    ({ id }) => id === 'sensitive-read',
  );

describe('is reported', () => {
  test.each([
    ...['/etc/shadow r,', '/etc/shadow- rw,', '/etc/gshadow rk,', 'owner /etc/shadow r,'],
    ...['/etc/* r,', '/etc/s[h]adow r,', 'file r /etc/shadow,', '/etc/{shadow,x} r,'],
    ...['/etc/ssl/private/** r,', '/etc/ssl/private/web.key r,', '/etc/ssl/** r,'],
    ...['/etc/letsencrypt/live/example.org/privkey.pem r,', '/etc/ssh/ssh_host_rsa_key r,'],
    ...['/etc/ssh/* r,', '@{HOME}/.ssh/id_* r,', '/home/ann/.ssh/id_work r,', '/root/.ssh/** r,'],
    ...['/root/.ssh/id_rsa r,', 'owner @{HOME}/.gnupg/** rw,', '@{HOME}/.aws/credentials r,'],
    '/var/run/secrets/kubernetes.io/serviceaccount/token r,',
    '/run/secrets/kubernetes.io/serviceaccount/..2026_11_24/token r,',
    '/run/secrets/** r,',
    '/etc/kubernetes/pki/etcd/ca.key r,',
    '/etc/kubernetes/admin.conf r,',
    ...[
      '/etc/nginx/ssl/web.key r,',
      '/etc/nginx/** r,',
      '/etc/apache2/ssl/**.key r,',
      '/etc/haproxy/certs/* r,',
    ],
    ...['/var/lib/kubelet/pki/kubelet-client-current.pem r,', '/etc/kubernetes/kubelet.conf r,'],
    ...['/var/lib/postgresql/16/main/server.key r,', '/etc/mysql/ssl/server-key.pem r,'],
    ...[
      '/var/lib/mysql/private_key.pem r,',
      '/etc/mysql/* r,',
      '/etc/mariadb/ssl/client-key.pem r,',
    ],
    ...['/root/.docker/config.json r,', '/home/ann/.config/gcloud/** r,', '@{HOME}/.pgpass r,'],
    ...['/proc/kcore r,', '/dev/mem rw,', '/dev/kmem r,', '/dev/* r,', '/proc/*/environ r,'],
    ...[
      '/proc/[0-9]*/mem r,',
      '/proc/*/mem rw,',
      '/run/secrets/db_password r,',
      '/var/run/secrets/* r,',
    ],
    ...['/run/credentials/web.service/key r,', '/etc/krb5.keytab r,', '/etc/wireguard/wg0.conf r,'],
    'audit {\n  /etc/shadow r,\n}',
    'deny /etc/gshadow r,\n/etc/{g,}shadow r,',
  ])('%s', (rules) => {
    for (const head of ['profile demo /usr/bin/demo', 'profile docker-demo']) {
      expect(found(rules, head)).toMatchObject([{ severity: 'info' }]);
    }
  });
});

test('with the rule’s own pattern', () => {
  expect(found('@{HOME}/.ssh/id_rsa r,')[0]?.message).toBe(
    'This allows reading private keys of SSH (@{HOME}/.ssh/id_rsa).',
  );
});

describe('is not reported', () => {
  test.each([
    ...['/etc/passwd r,', '/etc/shadow w,', 'deny /etc/shadow r,', '/etc/shadow.d/x r,'],
    ...['/etc/ssh/ssh_host_*_key.pub r,', '@{HOME}/.ssh/id_*.pub r,', '@{HOME}/.ssh/config r,'],
    ...['/etc/ssl/certs/** r,', '/etc/letsencrypt/live/*/fullchain.pem r,', '/etc/*.conf r,'],
    ...[
      '/etc/nginx/conf.d/** r,',
      '/etc/nginx/ssl/web.crt r,',
      '/etc/mysql/my.cnf r,',
      '/usr/** r,',
      '/** r,',
      'file,',
      '/home/ r,',
      '/etc/ r,',
    ],
    '/run/secrets/kubernetes.io/serviceaccount/ca.crt r,',
    ...[
      '/proc/1/environ r,',
      '/proc/self/environ r,',
      'owner /proc/*/environ r,',
      '/proc/*/stat r,',
    ],
    ...[
      'owner /proc/[0-9]*/mem r,',
      '/proc/meminfo r,',
      '/var/lib/postgresql/** rw,',
      '/dev/null rw,',
    ],
    ...[
      '/var/lib/mysql/** rwk,',
      '/var/lib/mysql/ibdata1 rw,',
      '/etc/ssl/certs/* r,',
      '/run/*/ns/** r,',
    ],
    '/etc/* r,\ndeny /etc/{shadow,gshadow}{,-} r,\ndeny /etc/krb5.keytab r,',
    '/etc/shadow r, # lint-ignore sensitive-read: it checks passwords',
  ])('%s', (rules) => {
    expect(found(rules)).toEqual([]);
  });
});
