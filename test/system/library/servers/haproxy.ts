import type { Server } from '../server.ts';

const configuration = `global
  log stdout format raw local0
  stats socket /run/haproxy/admin.sock mode 660 level admin expose-fd listeners
  lua-load /usr/local/etc/haproxy/hello.lua
defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 20s
  timeout server 20s
  errorfile 503 /usr/local/etc/haproxy/503.http
frontend plain
  bind :8081
  bind :::8082 v6only
  use_backend %[path,map_beg(/usr/local/etc/haproxy/paths.map,site)]
frontend tls
  bind :8443 ssl crt /usr/local/etc/haproxy/site.pem alpn h2,http/1.1
  default_backend site
frontend lua
  bind :8084
  http-request use-service lua.hello
backend site
  balance roundrobin
  option httpchk GET /
  server one 127.0.0.1:8091 check inter 500ms
  server two localhost:8092 check inter 500ms
backend gone
  server none 127.0.0.1:1
`;

const get = (address: string) => `curl -sSk -m 20 ${address}`;
const command = (text: string) =>
  `perl -e 'use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new("/proc/" . $ARGV[0] . "/root/run/haproxy/admin.sock") or die; print $s "$ARGV[1]\\n"; print <$s>' $server '${text}'`;

export const haproxy: Server = {
  name: 'haproxy',
  debian: 'haproxy',
  setup: `mkdir -p /usr/local/etc/haproxy /srv/site; cd /usr/local/etc/haproxy
cat >haproxy.cfg <<'END'\n${configuration}END
echo 'core.register_service("hello", "http", function(applet) applet:set_status(200); applet:start_response(); applet:send("from Lua") end)' >hello.lua
echo '/gone gone' >paths.map
printf 'HTTP/1.0 503 Gone\\r\\n\\r\\nour own page' >503.http
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=site -days 30 -keyout key -out cert 2>/dev/null
cat cert key >site.pem; rm key cert; chmod a+r site.pem
echo one >/srv/site/index.html
busybox httpd -p 127.0.0.1:8091 -h /srv/site; busybox httpd -p 127.0.0.1:8092 -h /srv/site`,
  ready: `${get('http://127.0.0.1:8081/')} | grep one`,
  workload: {
    'balances over IPv4 and IPv6': `${get('http://127.0.0.1:8081/')}; ${get("'http://[::1]:8082/'")}`,
    'ends TLS and speaks HTTP/2': `${get('--http2 https://127.0.0.1:8443/')} | grep one`,
    'reads maps and error pages': `${get('http://127.0.0.1:8081/gone')} | grep 'our own page'`,
    'runs Lua': `${get('http://127.0.0.1:8084/')} | grep 'from Lua'`,
    'is commanded by its socket': `${command('show info')} | grep Uptime; ${command('disable server site/one')}; ${get('http://127.0.0.1:8081/')}`,
    'reloads without losing a connection': `echo 'backend added' >>/usr/local/etc/haproxy/haproxy.cfg
kill -USR2 $server; sleep 6
${get('http://127.0.0.1:8081/')} | grep one
${command('show backend')} | grep added`,
  },
  stop: 'USR1',
};
