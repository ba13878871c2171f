// Runs the program of dist/aa-registry from files, on a Node.js that accepts --import: start.cjs FOLDER [ARGUMENT…].
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const [folder] = process.argv.splice(2, 1);
const filename = join(folder, 'main.cjs');
const cachedData = readFileSync(join(folder, 'main.cache'));
const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData });
script.runInThisContext()(exports, require, module, __filename, __dirname);
