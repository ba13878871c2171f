import type { Server } from '../server.ts';

const modules = [
  ...[
    'mpm_event',
    'authn_core',
    'authz_core',
    'authz_user',
    'authz_host',
    'auth_basic',
    'authn_file',
    'filter',
  ],
  ...['alias', 'autoindex', 'cgi', 'deflate', 'dir', 'env', 'headers', 'http2'],
  ...['include', 'mime', 'negotiation', 'proxy', 'proxy_http', 'reqtimeout', 'rewrite', 'setenvif'],
  ...['socache_shmcb', 'ssl', 'status'],
];

const configuration = `ServerRoot /usr/local/apache2
ServerName site
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
User www-data
Group www-data
PidFile logs/httpd.pid
ErrorLog /proc/self/fd/2
CustomLog logs/access_log "%h %t %r %>s"
TypesConfig /etc/mime.types
Listen 80
Listen 443
DocumentRoot htdocs
DirectoryIndex index.html
<Directory /usr/local/apache2/htdocs>
  Options Indexes FollowSymLinks Includes
  AllowOverride All
  Require all granted
</Directory>
ScriptAlias /cgi-bin/ /usr/local/apache2/cgi-bin/
ProxyPass /behind http://127.0.0.1:8093/
AddOutputFilterByType DEFLATE text/plain
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
SSLSessionCache shmcb:logs/ssl_scache
<Location /server-status>
  SetHandler server-status
</Location>
<VirtualHost *:443>
  Protocols h2 http/1.1
  SSLEngine on
  SSLCertificateFile conf/site.pem
</VirtualHost>
`;

const get = (address: string) => `curl -sSkf --compressed -m 20 ${address}`;

export const apache2: Server = {
  name: 'apache2',
  debian: 'apache2',
  setup: `echo 'www-data:x:33:33::/:/bin/false' >>/etc/passwd; echo 'www-data:x:33:' >>/etc/group
mkdir -p /usr/local/apache2/conf /usr/local/apache2/htdocs/private /usr/local/apache2/cgi-bin /srv/site
cd /usr/local/apache2
cat >conf/httpd.conf <<'END'\n${configuration}END
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=site -days 30 -keyout conf/key -out conf/cert 2>/dev/null
cat conf/cert conf/key >conf/site.pem; rm conf/key conf/cert; chmod 600 conf/site.pem
echo page >htdocs/index.html; head -c 3000000 /dev/urandom >htdocs/large
echo '<!--#include virtual="/index.html" -->' >htdocs/part.shtml
printf 'AuthType Basic\\nAuthName x\\nAuthUserFile /usr/local/apache2/conf/users\\nRequire valid-user\\n' >htdocs/private/.htaccess
echo secret >htdocs/private/index.html; echo "user:$(openssl passwd -apr1 word)" >conf/users
printf '#!/bin/sh\\necho Content-type: text/plain; echo; echo ran\\n' >cgi-bin/run; chmod 755 cgi-bin/run
ln -s /etc/shadow htdocs/shadow; chmod 644 /etc/shadow
echo behind >/srv/site/index.html; busybox httpd -p 127.0.0.1:8093 -h /srv/site`,
  command: ['apache2', '-DFOREGROUND', '-f', '/usr/local/apache2/conf/httpd.conf'],
  ready: get('http://127.0.0.1/'),
  workload: {
    'serves files over IPv4 and IPv6': `${get('http://127.0.0.1/')} | grep page; ${get("'http://[::1]/large'")} | cmp - /usr/local/apache2/htdocs/large`,
    'lists folders': `rm -rf /usr/local/apache2/htdocs/folder; mkdir /usr/local/apache2/htdocs/folder; ${get('http://127.0.0.1/folder/')} | grep 'Index of'`,
    'ends TLS and speaks HTTP/2': `${get('--http2 https://127.0.0.1/')} | grep page`,
    'reads .htaccess and passwords': `${get('-u user:word http://127.0.0.1/private/')} | grep secret; ! ${get('http://127.0.0.1/private/')}`,
    'includes parts': `${get('http://127.0.0.1/part.shtml')} | grep page`,
    'passes requests on': `${get('http://127.0.0.1/behind')} | grep behind`,
    'reports its status': `${get('http://127.0.0.1/server-status?auto')} | grep BusyWorkers`,
    'reloads without losing a connection': `kill -USR1 $server; sleep 4; ${get('http://127.0.0.1/')} | grep page`,
    'restarts and reopens its logs': `mv /proc/$server/root/usr/local/apache2/logs/access_log /proc/$server/root/usr/local/apache2/logs/access_log.1
kill -HUP $server; sleep 4; ${get('http://127.0.0.1/')} | grep page; [ -s /proc/$server/root/usr/local/apache2/logs/access_log ]`,
    'ends a worker that does not respond': `kill -STOP $(pgrep -P $server | tail -1); kill -HUP $server
for _ in $(seq 60); do ${get('http://127.0.0.1/')} && exit; sleep 0.5; done; exit 1`,
  },
  attacks: {
    'serve a secret by a link': get('http://127.0.0.1/shadow'),
    'run a CGI script': get('http://127.0.0.1/cgi-bin/run'),
  },
  stop: 'WINCH',
};
