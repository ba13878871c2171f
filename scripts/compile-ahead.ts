import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

/**
 * Writes V8's code cache of the program after it has run, so that it holds what is compiled only then:
 * `compile-ahead.ts PROGRAM CACHE`. What these commands load is what hosts start over and over.
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
  // Something to do, so that this is called again.
  setImmediate(() => {});
});
