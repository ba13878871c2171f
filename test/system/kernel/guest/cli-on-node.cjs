// The program of dist/aa-registry, loaded from files, on a Node.js that accepts --import.
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const filename = '/opt/aa-registry/main.cjs';
const cachedData = readFileSync('/opt/aa-registry/main.cache');
const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData });
script.runInThisContext()(exports, require, module, __filename, __dirname);
