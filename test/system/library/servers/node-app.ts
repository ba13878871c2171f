import type { Server } from '../server.ts';

/** An application: each address calls a function, and an error is the status 500. */
const application = `const http = require('node:http');
const cluster = require('node:cluster');
const fs = require('node:fs/promises');
const { createHash, generateKeyPairSync } = require('node:crypto');
const { execFileSync, fork, spawnSync } = require('node:child_process');
const { lookup } = require('node:dns/promises');
const os = require('node:os');
const { Worker } = require('node:worker_threads');

const once = (emitter, event) => new Promise((resolve, reject) => emitter.once(event, resolve).once('error', reject));
const calls = {
  '/': () => 'served',
  '/hash': () => createHash('sha256').update('x').digest('hex') + generateKeyPairSync('ed25519').publicKey.asymmetricKeyType,
  '/write': async () => { await fs.writeFile('/data/kept', 'kept'); await fs.appendFile('/tmp/log', 'x'); await fs.rename('/data/kept', '/data/file'); return 'written'; },
  '/read': () => fs.readFile('/data/file', 'utf8'),
  '/list': async () => (await fs.readdir('/app')).join(),
  '/fetch': async () => (await fetch('http://localhost:3000/')).text(),
  '/lookup': async () => (await lookup('localhost')).address,
  '/system': () => JSON.stringify([os.cpus().length, os.totalmem(), os.loadavg(), os.hostname(), os.networkInterfaces(), process.memoryUsage(), process.constrainedMemory()]),
  '/thread': async () => { const worker = new Worker('require("node:worker_threads").parentPort.postMessage("from a thread")', { eval: true }); return once(worker, 'message'); },
  '/fork': async () => once(fork('/app/child.js'), 'message'),
  '/attack/run': () => execFileSync('/usr/bin/id'),
  '/attack/shell': () => { const { error } = spawnSync('id', { shell: true }); if (error) throw error; return 'ran'; },
  '/attack/read': () => fs.readFile('/var/lib/kubelet/config', 'utf8'),
  '/attack/write': () => fs.writeFile('/dev/shm/attack', 'x'),
  '/attack/addon': () => { process.dlopen({ exports: {} }, '/data/addon.node'); return 'loaded'; },
};

if (cluster.isPrimary) {
  cluster.fork(); cluster.fork();
  process.on('SIGTERM', () => cluster.disconnect(() => process.exit(0)));
  cluster.on('exit', (worker) => { if (!worker.exitedAfterDisconnect) cluster.fork(); });
} else {
  http.createServer(async (request, response) => {
    try { response.end(String(await calls[request.url]())); }
    catch (error) { console.error(error); response.writeHead(500).end(String(error)); }
  }).listen(3000);
}
`;

const get = (path: string) => `curl -sSf -m 60 http://127.0.0.1:3000${path}`;

export const nodeApp: Server = {
  name: 'node-app',
  setup: `mkdir -p /app; chmod 1777 /tmp
cat >/app/server.js <<'END'\n${application}END
echo 'process.send("from a process"); process.disconnect();' >/app/child.js
install -m 755 /usr/lib/x86_64-linux-gnu/libm.so.6 /srv/node-app-data/addon.node`,
  ready: `${get('/')} | grep served`,
  workload: {
    serves: `${get('/')} | grep served; ${get('/list')} | grep server.js; ${get('/hash')} | grep ed25519`,
    'writes and reads its data': `${get('/write')}; ${get('/read')} | grep kept`,
    'requests from servers': `${get('/fetch')} | grep served; ${get('/lookup')}`,
    'reports its machine': get('/system'),
    'starts threads': `${get('/thread')} | grep 'from a thread'`,
    'starts processes of its own': `${get('/fork')} | grep 'from a process'`,
    'replaces a worker that died': `kill -KILL $(pgrep -P $server | head -1); sleep 5; ${get('/')} | grep served`,
  },
  afterRestart: { 'has its data again': `${get('/read')} | grep kept` },
  attacks: {
    'run a program': get('/attack/run'),
    'run a shell': get('/attack/shell'),
    'read a file of the system': get('/attack/read'),
    'write a file of the system': get('/attack/write'),
    'load a module that it wrote': get('/attack/addon'),
  },
};
