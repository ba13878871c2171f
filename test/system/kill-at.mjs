// Loaded with --import before a program, this ends it as `kill -9` does, right before the step that KILL_AT counts to:
// a change of a file or folder in one of this product's places, or a start of apparmor_parser. With KILL_DURABLE, only
// steps count after which a power cut leaves a different installation.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const last = Number(process.env.KILL_AT);
const durable = process.env.KILL_DURABLE !== undefined;
let steps = 0;

/** Steps that do not count: reads, staging, the version store, links for complain mode and caches. */
const passing =
  /^open|^spawn (?!.*--(?:replace|write-cache))|\/(?:cache|log|kept|force-complain)\//;

function step(what) {
  if (durable && passing.test(what)) return;
  steps += 1;
  if (steps === last) {
    fs.writeSync(2, `killed before step ${steps}: ${what}\n`);
    process.kill(process.pid, 'SIGKILL');
    for (;;); // The signal is asynchronous; no further step may run before it.
  }
}

const ours = /aa-registry|apparmor/;

/** The real path of a path through an open folder (see sdk/host/tree.ts). */
function known(path) {
  const [, folder, name] = /^(\/proc\/self\/fd\/\d+)(\/.*)$/.exec(path) ?? [];
  return folder === undefined ? path : fs.readlinkSync(folder) + name;
}

const changes = [
  [fs, ['renameSync', 'unlinkSync', 'rmdirSync', 'symlinkSync']],
  [fs.promises, ['writeFile']],
];
for (const [module, names] of changes) {
  for (const name of names) {
    const original = module[name];
    module[name] = (...args) => {
      const paths = args.filter((arg) => typeof arg === 'string').map(known);
      if (paths.some((path) => ours.test(path))) step(`${name} ${paths[0]}`);
      return original(...args);
    };
  }
}
const openSync = fs.openSync;
fs.openSync = (path, flags, ...rest) => {
  // To stage a file.
  if ((flags & fs.constants.O_EXCL) !== 0) step(`open ${known(path)}`);
  return openSync(path, flags, ...rest);
};
const spawn = childProcess.spawn;
childProcess.spawn = (program, args, options) => {
  if (ours.test(program)) step(`spawn ${program} ${args.join(' ')}`);
  return spawn(program, args, options);
};
syncBuiltinESMExports();
