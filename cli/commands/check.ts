import { check as checkPolicy, type Diagnostic, releases } from '../../policy/index.ts';
import { readProfileFile } from '../../sdk/profile-file.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { toCliError } from '../framework/failure.ts';
import { lineFormatOption } from '../framework/format.ts';
import { includeOptions, reportIncludes } from '../include-options.ts';
import { policyOptions, targetBaseOptions } from '../target-base.ts';
import { visibleLine } from '../terminal/io.ts';
import { type FileReport, jsonLine, printDiagnostics, summary } from '../terminal/report.ts';

export const check = defineCommand({
  name: 'check',
  summary: 'Check whether apparmor_parser would accept profiles',
  args: [{ name: 'FILE', repeated: true }],
  options: {
    ...includeOptions,
    target: {
      type: 'string',
      choices: releases,
      description: 'Check for this AppArmor release (default: the newest)',
    },
    ...targetBaseOptions,
    format: lineFormatOption,
  },
  details:
    'Loads nothing and does not use the kernel. Exits with 1 if any file would be refused. With ' +
    '--target, included files are those of this machine if it has that release, or else the ' +
    'registry’s base policy of that release, which is cached. Without one, only the names of the ' +
    'target’s abi files, abstractions and tunables are known, and those missing on this machine are ' +
    'not checked. --base DIR names the base policy of the target release instead.',
  examples: [
    'aa-registry check /etc/apparmor.d/usr.bin.man',
    'aa-registry check --target 3.0 --format json profiles/*/docker-*',
    'aa-registry check --target 5.0 --base ./apparmor-5.0/apparmor.d my-profile',
  ],
  async run({ values, args, io }) {
    const { format } = values;
    const options = await policyOptions(io, values);
    const found: Diagnostic[] = [];
    let failed = false;
    for (const path of args) {
      const read = await readProfileFile(path).catch((error: Error) => toCliError(error));
      // A file that can't be read is reported, and the run continues with the others.
      if (read instanceof Error) {
        failed = true;
        if (format === 'json') io.print(jsonLine(unreadable(path, read)));
        else io.note(visibleLine(`aa-registry: ${read.message}`));
        continue;
      }
      const { ok, diagnostics, needs } = checkPolicy(read.text, {
        ...options,
        rawBytes: read.rawBytes,
      });
      const report = { file: read.file, source: read.text, ok, needs, diagnostics };
      failed ||= !ok;
      // Only whether there are errors is needed; the reports of thousands of files would take too much memory.
      if (!ok && found.length < 1000) found.push(...diagnostics);
      if (format === 'json') {
        io.print(jsonLine(report));
        continue;
      }
      printDiagnostics(io, io.stdout, report);
      io.print(summary(report));
    }
    await reportIncludes(io, values, found);
    return failed ? exit.failed : exit.ok;
  },
});

/** The report on a file that could not be read. */
function unreadable(file: string, { message }: Error): FileReport {
  const start = { offset: 0, line: 1, column: 1 };
  const diagnostic = {
    id: 'file-unreadable',
    severity: 'error',
    message,
    span: { start, end: start },
  } as const;
  return { file, source: '', ok: false, diagnostics: [diagnostic] };
}
