import manifest from '../package.json' with { type: 'json' };
import { topics } from './commands.ts';
import { run } from './framework/run.ts';
import { processIo } from './terminal/io.ts';

run(topics, process.argv.slice(2), processIo(), manifest.version).then((code) => {
  process.exitCode = code;
});
