import type { Server } from '../server.ts';

export const redis: Server = {
  name: 'redis',
  debian: 'redis-server',
  ready: 'redis-cli ping | grep PONG',
  workload: {
    'reads and writes': 'redis-cli set a 1; [ "$(redis-cli incr a)" = 2 ]',
    'runs Lua': `[ "$(redis-cli eval 'return redis.call("get", KEYS[1])' 1 a)" = 2 ]`,
    'passes messages': `(timeout 5 redis-cli subscribe news >/run/news || true) & sleep 1
redis-cli publish news hello; wait; grep hello /run/news`,
    'saves a snapshot': `redis-cli bgsave
until redis-cli info persistence | grep -q bgsave_in_progress:0; do sleep 0.2; done
redis-cli info persistence | grep last_bgsave_status:ok; [ -s /srv/redis-data/dump.rdb ]`,
    'rewrites its append-only file': `redis-cli bgrewriteaof
until redis-cli info persistence | grep -q aof_rewrite_in_progress:0; do sleep 0.2; done
redis-cli info persistence | grep last_bgrewrite_status:ok`,
    'serves a replica': `redis-server --port 6380 --dir /tmp --replicaof 127.0.0.1 6379 --save '' >/dev/null &
until redis-cli -p 6380 info replication | grep -q link_status:up; do sleep 0.2; done
[ "$(redis-cli -p 6380 get a)" = 2 ]; redis-cli -p 6380 shutdown nosave; wait`,
    'reports its memory': 'redis-cli info memory | grep used_memory; redis-cli memory stats',
  },
  afterRestart: { 'has its data again': '[ "$(redis-cli get a)" = 2 ]' },
};
