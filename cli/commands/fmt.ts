import { stat } from 'node:fs/promises';
import { format } from '../../policy/index.ts';
import { followLink } from '../../sdk/files.ts';
import { profileText, readPackageFolder, readProfile } from '../../sdk/package-folder.ts';
import { requireRewritable, rewriteProfile } from '../../sdk/profile-file.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { lineFormatOption } from '../framework/format.ts';
import { visibleLine } from '../terminal/io.ts';
import { jsonLine, printDiagnostics } from '../terminal/report.ts';

export const fmt = defineCommand({
  name: 'fmt',
  summary: 'Format profiles in place',
  args: [{ name: 'FILE|DIR', repeated: true }],
  usage: '[--check]',
  options: {
    format: lineFormatOption,
    check: {
      type: 'boolean',
      description: 'Change nothing; list unformatted files and exit with 1',
    },
  },
  details:
    'For a folder, formats the profile of that package. Comments and the meaning of the policy ' +
    'do not change. Files with syntax errors are not changed.',
  examples: [
    'aa-registry fmt docker-nginx/docker-nginx',
    'aa-registry fmt --check profiles/*/docker-*',
  ],
  async run({ values, args, io }) {
    let failed = false;
    // Check all before writing any.
    if (!values.check) {
      for (const path of args) await requireRewritable(await followLink(path));
    }
    for (const path of args) {
      const found = (await stat(path)).isDirectory() ? await readPackageFolder(path) : undefined;
      const file = found?.file ?? path;
      const source = found ? profileText(found) : (await readProfile(file)).text;
      const { text, diagnostics } = format(source);
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      const changed = errors.length === 0 && text !== source;
      failed ||= errors.length > 0 || (changed && (values.check ?? false));
      if (values.format === 'json') {
        const report = { file, source, ok: errors.length === 0, diagnostics: errors };
        io.print(jsonLine(report, { changed }));
      } else if (errors.length > 0) {
        printDiagnostics(io, io.stderr, { file, source, ok: false, diagnostics: errors });
        io.note(`${visibleLine(file)}: not formatted, it has errors`);
      } else if (changed) io.print(visibleLine(file));
      if (changed && !values.check) {
        await rewriteProfile({ file: await followLink(file), text: source }, text);
      }
    }
    return failed ? exit.failed : exit.ok;
  },
});
