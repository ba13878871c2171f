import manifest from '../package.json' with { type: 'json' };
import { clientCommands, processIo, run } from '../sdk/cli/index.ts';
import { serve } from './serve.ts';

process.exitCode = await run(
  [...clientCommands, serve],
  process.argv.slice(2),
  processIo(),
  manifest.version,
);
