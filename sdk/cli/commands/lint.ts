import { stat } from 'node:fs/promises';
import { lint as lintPolicy } from '../../../policy/index.ts';
import { readPackageFolder, readProfile } from '../../package-folder.ts';
import { defineCommand, exit } from '../command.ts';
import { printDiagnostics } from '../report.ts';

export const lint = defineCommand({
  name: 'lint',
  summary: 'Check profiles and advise on them',
  usage: 'FILE|DIR…',
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  options: {},
  details:
    'A folder is a package: its aa-profile.toml names the profile. Exit code 1 when a profile has errors;\n' +
    'warnings do not fail.',
  examples: ['aa-registry lint ./docker-nginx', 'aa-registry lint /etc/apparmor.d/usr.bin.man'],
  async run({ args, io }) {
    let failed = false;
    for (const path of args) {
      const found = await stat(path);
      const folder = found.isDirectory() ? await readPackageFolder(path) : undefined;
      const file = folder?.file ?? path;
      const { text } = await readProfile(file);
      const report = lintPolicy(text, folder ? { packageName: folder.name } : {});
      printDiagnostics(io, io.stdout, report.diagnostics, text, file);
      failed ||= !report.ok;
    }
    return failed ? exit.failed : exit.ok;
  },
});
