import type { Server } from '../server.ts';

/** Runs SQL as the administrator of the database. */
const sql = (text: string) => `mariadb -N -h 127.0.0.1 -u root test <<'END'\n${text}\nEND\n`;

export const mariadb: Server = {
  name: 'mariadb',
  debian: 'mariadb-server',
  // The image does this with its entry point, a shell script.
  setup: `chmod 700 /srv/mariadb-data; chmod 1777 /tmp
grep -q mysql: /etc/passwd || echo 'mysql:x:999:999::/:/bin/false' >>/etc/passwd
mariadb-install-db --user=mysql --datadir=/srv/mariadb-data --auth-root-authentication-method=normal --skip-name-resolve >/run/install.out 2>&1 || { tail -20 /run/install.out; exit 1; }
install -m 755 -o 999 /usr/lib/mysql/plugin/auth_socket.so /srv/mariadb-data/attack.so 2>/dev/null || install -m 755 -o 999 "$(ls /usr/lib/mysql/plugin/*.so | head -1)" /srv/mariadb-data/attack.so
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 30 -keyout /srv/mariadb-data/key.pem -out /srv/mariadb-data/cert.pem 2>/dev/null
chown 999 /srv/mariadb-data/*.pem`,
  command: [
    ...['mariadbd', '--datadir=/var/lib/mysql', '--socket=/run/mysqld/mysqld.sock', '--log-bin'],
    ...['--server-id=1', '--general-log', '--slow-query-log', '--pid-file=/run/mysqld/mysqld.pid'],
    ...['--ssl-cert=/var/lib/mysql/cert.pem', '--ssl-key=/var/lib/mysql/key.pem'],
    '--secure-file-priv=',
  ],
  ready: 'mariadb-admin -h 127.0.0.1 -u root ping',
  workload: {
    'creates tables and indexes': `mariadb -h 127.0.0.1 -u root -e 'create database if not exists test'
${sql(`create table t (id int auto_increment primary key, x varchar(40), index (x));
insert into t (x) select md5(seq) from seq_1_to_5000;
create table a (x text, fulltext (x)) engine = aria; insert into a select x from t;
create table m (x int) engine = myisam; insert into m values (1);`)}`,
    'joins with temporary tables': sql(
      'set tmp_memory_table_size = 0; select count(*) from (select x, count(*) c from t group by x order by x desc) u;',
    ),
    'alters and partitions tables': sql(
      'alter table t add y text, algorithm = copy; alter table t partition by hash (id) partitions 4; optimize table t;',
    ),
    'runs procedures and events': sql(
      'create procedure p() insert into m values (2); call p(); set global event_scheduler = on; create event e on schedule every 1 second do call p(); do sleep(3); drop event e; select 1 / (count(*) > 2) from m;',
    ),
    'writes and reads files in its folder': sql(
      "select x from t into outfile '/var/lib/mysql/test/out.txt'; create table l (x text); load data infile '/var/lib/mysql/test/out.txt' into table l;",
    ),
    'encrypts connections': 'mariadb -h 127.0.0.1 -u root --ssl -e status | grep -i cipher',
    'serves its socket':
      "mariadb -S /proc/$server/root/run/mysqld/mysqld.sock -u root -e 'select 1'",
    'turns its logs': 'mariadb-admin -h 127.0.0.1 -u root flush-logs; kill -HUP $server; sleep 1',
    'is dumped': 'mariadb-dump -h 127.0.0.1 -u root --single-transaction test >/run/dump.sql',
  },
  afterRestart: {
    'has its data again': `${sql('select count(*) from t;')} | cat >/dev/null; [ "$(mariadb -N -h 127.0.0.1 -u root test -e 'select count(*) from t')" = 5000 ]`,
  },
  attacks: {
    'read a file of the system':
      'mariadb -N -h 127.0.0.1 -u root -e "select load_file(\'/var/lib/kubelet/config\')" | grep -v NULL',
    'write a file of the system': sql("select 1 into outfile '/dev/shm/attack';"),
    'load a library that it wrote': sql(
      "set global general_log = off; install soname '../../../../var/lib/mysql/attack.so';",
    ),
  },
};
