import type { Server } from '../server.ts';

const bin = '/usr/lib/postgresql/15/bin';
const data = '/var/lib/postgresql/data';
/** Runs SQL as the superuser, from standard input. */
const sql = (text: string, output = '') =>
  `psql -XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -U postgres ${output} <<'END'\n${text}\nEND\n`;

const settings = `logging_collector = on
log_statement = all
shared_preload_libraries = 'pg_stat_statements'
max_connections = 20
unix_socket_directories = '/run/postgresql'
ssl = on
`;

export const postgresql: Server = {
  name: 'postgresql',
  debian: 'postgresql-15',
  // The image does this with its entry point, a shell script.
  setup: `grep -q :999: /etc/passwd || echo 'server:x:999:999::/:/bin/sh' >>/etc/passwd
chmod 700 /srv/postgresql-data
setpriv --reuid 999 --regid 999 --clear-groups ${bin}/initdb -D /srv/postgresql-data -U postgres -A trust --no-sync --no-locale -E UTF8 >/dev/null
cat >>/srv/postgresql-data/postgresql.conf <<'END'\n${settings}END
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 30 -keyout /srv/postgresql-data/server.key -out /srv/postgresql-data/server.crt 2>/dev/null
chown 999:999 /srv/postgresql-data/server.*
install -m 755 -o 999 /usr/lib/postgresql/15/lib/pg_trgm.so /srv/postgresql-data/attack.so`,
  command: [`${bin}/postgres`, '-D', data],
  ready: `${bin}/pg_isready -h 127.0.0.1`,
  workload: {
    'creates tables and indexes': sql(`create table t (id serial primary key, x text);
insert into t (x) select md5(i::text) from generate_series(1, 20000) i;
create index on t (x);
analyze t;`),
    'works with several processes':
      sql(`set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;
set parallel_leader_participation = off;
select count(distinct id), max(x) from t;`),
    'sorts in temporary files': sql(
      "set work_mem = '64kB'; select max(s) from (select x || id as s from t order by 1) u;",
    ),
    'loads extensions': sql(
      'create extension pg_trgm; create extension pg_stat_statements; select count(*) from pg_stat_statements;',
    ),
    'compiles queries': sql('set jit_above_cost = 0; select sum(id) from t;'),
    'copies from and to clients': `${sql('copy t to stdout;', '>/run/copy')}[ $(wc -l </run/copy) = 20000 ]`,
    'creates a database': sql('create database other;'),
    'encrypts connections': `psql 'host=127.0.0.1 user=postgres sslmode=require' -c 'select 1'`,
    'serves its socket': `psql -h /proc/$server/root/run/postgresql -U postgres -c 'select 1'`,
    'writes checkpoints and vacuums': sql(
      'delete from t where id % 2 = 0; vacuum full t; checkpoint; select pg_switch_wal();',
    ),
    'is dumped and backed up': `${bin}/pg_dump -h 127.0.0.1 -U postgres >/run/dump
rm -rf /tmp/backup; ${bin}/pg_basebackup -h 127.0.0.1 -U postgres -D /tmp/backup; rm -rf /tmp/backup`,
    'reloads, and turns its log': sql(
      "select pg_reload_conf(), pg_rotate_logfile(); alter system set work_mem = '8MB';",
    ),
    'recovers after a crash of a process': `kill -KILL $(pgrep -P $server -f 'walwriter'); sleep 3
for _ in $(seq 60); do ${bin}/pg_isready -h 127.0.0.1 && exit; sleep 0.5; done; exit 1`,
  },
  afterRestart: {
    'has its data again': `${sql('select count(*) from t;', '>/run/count')}[ "$(cat /run/count)" = 10000 ]`,
  },
  attacks: {
    'run a program': sql("create temporary table o (l text); copy o from program 'id';"),
    'read a file of the system': sql("select pg_read_file('/var/lib/kubelet/config');"),
    'write a file of the system': sql("copy (select 1) to '/dev/shm/attack';"),
    'load a library that it wrote': sql("load '/var/lib/postgresql/data/attack.so';"),
  },
  stop: 'INT',
};
