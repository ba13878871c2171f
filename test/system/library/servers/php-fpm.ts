import type { Server } from '../server.ts';

/** A client of FastCGI: `fcgi SCRIPT [BODY [COOKIE]]` prints the response, and fails if it is not 200. */
const client = `#!/usr/bin/perl
use strict; use IO::Socket::INET;
my ($script, $body, $cookie) = (@ARGV, "", "");
my $socket = IO::Socket::INET->new("127.0.0.1:9000") or die;
sub record { pack("CCnnCC", 1, $_[0], 1, length $_[1], 0, 0) . $_[1] }
my %parameters = (SCRIPT_FILENAME => "/var/www/html/$script", REQUEST_METHOD => $body eq "" ? "GET" : "POST",
  CONTENT_LENGTH => length $body, CONTENT_TYPE => $body =~ /^--x/ ? "multipart/form-data; boundary=x" : "text/plain",
  HTTP_COOKIE => $cookie, SCRIPT_NAME => "/$script");
my $pairs = join "", map { pack("CN", length, length($parameters{$_}) | 1 << 31) . $_ . $parameters{$_} } keys %parameters;
print $socket record(1, pack "nCx5", 1, 0), record(4, $pairs), record(4, ""), $body eq "" ? "" : record(5, $body), record(5, "");
my $output = "";
while (read($socket, my $head, 8) == 8) {
  my (undef, $type, undef, $length, $padding) = unpack "CCnnC", $head;
  read $socket, my $content, $length + $padding if $length + $padding;
  $output .= substr $content, 0, $length if $type == 6;
  last if $type == 3;
}
print $output;
exit($output =~ /^Status: (?!200)/m || $output eq "");
`;

const configuration = `[global]
error_log = /proc/self/fd/2
[www]
listen = 9000
pm = dynamic
pm.max_children = 4
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
catch_workers_output = yes
php_admin_value[session.save_path] = /var/lib/php/sessions
php_admin_value[opcache.enable] = 1
`;

/** A script that fails unless what it attempts succeeds. */
const attempt = (expression: string) =>
  `<?php error_reporting(0); if (!(${expression})) http_response_code(500); echo "done";`;

const scripts: Record<string, string> = {
  'index.php':
    '<?php echo PHP_VERSION, " ", json_encode(array_map("strtolower", ["WORKS"])), gethostbyname("localhost"), date("e");',
  'session.php':
    '<?php session_start(); $_SESSION["n"] = ($_SESSION["n"] ?? 0) + 1; echo "id=", session_id(), " n=", $_SESSION["n"], ";";',
  'upload.php':
    '<?php move_uploaded_file($_FILES["f"]["tmp_name"], __DIR__ . "/uploads/f") or http_response_code(500); echo file_get_contents(__DIR__ . "/uploads/f");',
  'temporary.php':
    '<?php $n = tempnam("/tmp", "t"); file_put_contents($n, "kept", LOCK_EX); echo file_get_contents($n); unlink($n); $z = tmpfile(); fwrite($z, "x");',
  'random.php':
    '<?php echo bin2hex(random_bytes(8)), password_hash("x", PASSWORD_BCRYPT, ["cost" => 4]);',
  'socket.php':
    '<?php fwrite($s = stream_socket_client("tcp://127.0.0.1:9000"), ""); echo "connected";',
  'attack-run.php': attempt('exec("id") !== false && exec("id") !== ""'),
  'attack-open.php': attempt('proc_open(["/usr/bin/id"], [], $pipes)'),
  'attack-mail.php': attempt('mail("a@example.org", "x", "x")'),
  'attack-read.php': attempt('file_get_contents("/var/lib/kubelet/config") !== false'),
  'attack-write.php': attempt('file_put_contents("/dev/shm/attack", "x") !== false'),
};

export const phpFpm: Server = {
  name: 'php-fpm',
  debian: 'php8.2-fpm',
  setup: `mkdir -p /usr/local/etc /var/www/html; cd /var/www/html; chmod 1777 /tmp
cat >/usr/local/sbin/fcgi <<'END'\n${client}END
chmod 755 /usr/local/sbin/fcgi
cat >/usr/local/etc/php-fpm.conf <<'END'\n${configuration}END
${Object.entries(scripts)
  .map(([name, text]) => `cat >${name} <<'END'\n${text}\nEND`)
  .join('\n')}`,
  command: [
    ...['php-fpm8.2', '-F', '-y', '/usr/local/etc/php-fpm.conf', '-d', 'zend_extension=opcache'],
  ],
  ready: 'fcgi index.php | grep works',
  workload: {
    'runs scripts': 'for i in 1 2 3 4 5; do fcgi index.php | grep works; done; fcgi random.php',
    'keeps sessions':
      "id=$(fcgi session.php | sed -n 's/.*id=\\([a-z0-9]*\\).*/\\1/p'); fcgi session.php '' PHPSESSID=$id | grep n=2",
    'takes uploads': `fcgi upload.php "$(printf -- '--x\\r\\nContent-Disposition: form-data; name="f"; filename="f"\\r\\n\\r\\ncontent\\r\\n--x--\\r\\n')" | grep content`,
    'writes temporary files': 'fcgi temporary.php | grep kept',
    'connects to servers': 'fcgi socket.php | grep connected',
    'starts more workers': `for i in 1 2 3 4; do fcgi index.php >/dev/null & done; wait`,
    'reopens its logs': 'kill -USR1 $server; sleep 1; fcgi index.php',
    reloads:
      'kill -USR2 $server; sleep 2; for _ in $(seq 60); do fcgi index.php && exit; sleep 0.5; done; exit 1',
  },
  attacks: {
    'run a program by exec()': 'fcgi attack-run.php',
    'run a program by proc_open()': 'fcgi attack-open.php',
    'run sendmail by mail()': 'fcgi attack-mail.php',
    'read a file of the system': 'fcgi attack-read.php',
    'write a file of the system': 'fcgi attack-write.php',
  },
  stop: 'QUIT',
};
