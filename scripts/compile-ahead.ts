import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

/**
 * Writes V8's code cache of a program after running it, so that it includes lazily compiled code:
 * `compile-ahead.ts PROGRAM CACHE`. It runs the commands that hosts run most often.
 */
const [file = '', cache = ''] = process.argv.slice(2);
const commands = ['pull', 'sync', 'status'].map((name) => [name, '--help']);

const script = new Script(readFileSync(file, 'utf8'), { filename: 'aa-registry' });
const main = script.runInThisContext();
const require = createRequire(file);
let isWritten = false;
process.on('beforeExit', () => {
  if (isWritten) return;
  const command = commands.shift();
  if (command) {
    process.argv = [process.execPath, process.execPath, ...command];
    const module = { exports: {} };
    main(module.exports, require, module, file, '');
  } else {
    writeFileSync(cache, script.createCachedData());
    isWritten = true;
  }
  // Keeps the event loop alive, so that beforeExit is emitted again.
  setImmediate(() => {});
});
