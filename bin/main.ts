import manifest from '../package.json' with { type: 'json' };
import { clientCommands, processIo, run } from '../sdk/cli/index.ts';
import { adminBackup } from './admin/backup.ts';
import { adminCheck } from './admin/check.ts';
import { adminRestore } from './admin/restore.ts';
import { serve } from './serve.ts';

process.exitCode = await run(
  [...clientCommands, serve, adminBackup, adminRestore, adminCheck],
  process.argv.slice(2),
  processIo(),
  manifest.version,
);
