import manifest from '../package.json' with { type: 'json' };
import { processIo, run } from '../sdk/cli/index.ts';
import { topics } from './topics.ts';

run(topics, process.argv.slice(2), processIo(), manifest.version).then((code) => {
  process.exitCode = code;
});
