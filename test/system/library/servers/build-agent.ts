import type { Server } from '../server.ts';

/** Runs a command in the container, as the agent does. */
const job = (command: string) =>
  `nsenter --target $server --mount --pid setpriv --reuid 1000 --regid 1000 --clear-groups --bounding-set=-all --inh-caps=-all \\
aa-exec -p build-agent -- env HOME=/workspace bash -e <<'END'
cd /workspace
${command}
END
`;

export const buildAgent: Server = {
  name: 'build-agent',
  debian: 'base-files',
  setup: `chmod 1777 /tmp; rm -rf /srv/site; mkdir -p /srv/site; echo package >/srv/site/index.html
busybox httpd -p 127.0.0.1:8094 -h /srv/site`,
  command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done'],
  ready: 'pgrep -P $(cat /run/build-agent.pid)',
  workload: {
    'works with git': job(`rm -rf project copy; git init -q project; cd project
git config user.email a@example.org; git config user.name a
printf 'all: out\\nout: in.sh\\n\\tcp in.sh out; chmod +x out; ./out\\n' >Makefile; printf '#!/bin/bash\\necho built\\n' >in.sh
git add .; git commit -qm first; git checkout -qb other; git gc -q; cd ..; git clone -q project copy; git -C copy log --oneline`),
    'builds and runs what it built': job('cd copy; make | grep built; ./out | grep built'),
    'runs interpreters': job(
      `perl -e 'print "perl\\n"' | grep perl; node -e 'console.log("node")' | grep node; echo 'echo tested' >test.sh; sh test.sh | grep tested`,
    ),
    'compiles native code and loads it': job(
      'cp /usr/lib/x86_64-linux-gnu/libm.so.6 plugin.so; LD_PRELOAD=./plugin.so /usr/bin/true; cp /usr/bin/true program; ./program',
    ),
    'downloads packages': job('curl -sSf http://127.0.0.1:8094/ | grep package'),
    'packs and unpacks': job(
      'tar -czf p.tar.gz copy; mkdir -p un; tar -xzf p.tar.gz -C un; find un -type f | sort | xargs sha256sum | tail -1',
    ),
    'uses temporary files and pipes': job(
      'mktemp; mkfifo /tmp/pipe.$$; (echo x >/tmp/pipe.$$ &); read -r line </tmp/pipe.$$; [ $line = x ]; diff <(echo a) <(echo a)',
    ),
    'looks at and ends its own processes': job(
      'sleep 100 & ps -ef | grep sleep; kill $!; wait || true',
    ),
  },
  attacks: {
    'read a secret of the host': job('cat /var/lib/kubelet/config'),
    'ping by a raw socket': job(`perl -MSocket -e 'socket(my $s, PF_INET, SOCK_RAW, 1) or die $!'`),
  },
  // It runs programs, and what it has built.
  permits: /^run (?!a program from memory)|^map /,
};
