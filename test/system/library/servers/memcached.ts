import type { Server } from '../server.ts';

/** Sends commands, a line each, and prints the answers. */
const ask = (...lines: string[]) =>
  `printf '${[...lines, 'quit', ''].join('\\r\\n')}' | timeout 20 nc 127.0.0.1 11211`;

export const memcached: Server = {
  name: 'memcached',
  debian: 'memcached',
  ready: `${ask('version')} | grep VERSION`,
  workload: {
    'stores and finds': `${ask('set a 0 0 5', 'hello', 'get a')} | grep hello`,
    counts: `${ask('set n 0 0 1', '1', 'incr n 41')} | grep 42`,
    'forgets what is old': `${ask('set b 0 1 1', 'x')} | grep STORED; sleep 3; ! ${ask('get b')} | grep VALUE`,
    'speaks the meta protocol': `${ask('ms m 2', 'hi', 'mg m v')} | grep hi`,
    'evicts when it is full': `perl -e '
for my $i (1 .. 90) { printf "set big%d 0 0 1000000 noreply\\r\\n%s\\r\\n", $i, "x" x 1000000 } print "quit\\r\\n"' | timeout 60 nc 127.0.0.1 11211
${ask('stats')} | grep -E 'STAT evictions [1-9]'`,
    'reports statistics': `${ask('stats', 'stats slabs', 'stats conns')} | grep 'STAT pid'`,
  },
};
