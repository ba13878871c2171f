import manifest from '../../package.json' with { type: 'json' };
import { lint as lintProfile } from '../../sdk/calls/lint.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { includeOptions, includeResolver, tellOfIncludes } from '../include-options.ts';
import {
  type FileReport,
  jsonLine,
  printDiagnostics,
  sarifLog,
  summary,
} from '../terminal/report.ts';

export const lint = defineCommand({
  name: 'lint',
  summary: 'Check profiles and advise on them',
  args: [{ name: 'FILE|DIR', repeated: true }],
  options: {
    ...includeOptions,
    'max-warnings': {
      type: 'string',
      value: 'N',
      description: 'Fail when there are more warnings than this',
    },
    format: {
      type: 'string',
      choices: ['text', 'json', 'sarif'],
      description: 'text (default), json: one object a line, or sarif',
    },
  },
  details:
    'A folder is a package: its aa-profile.toml names the profile. Exit code 1 when a profile has errors; ' +
    'warnings alone do not fail. "aa-registry explain ID" says what is behind a finding.',
  examples: [
    'aa-registry lint ./docker-nginx',
    'aa-registry lint --format sarif profiles/* > lint.sarif',
  ],
  async run({ values, args, io }) {
    const { format = 'text' } = values;
    const most = values['max-warnings'];
    const maximum =
      most === undefined
        ? Number.POSITIVE_INFINITY
        : requireWholeNumber('max-warnings', most, { maximum: 999_999_999 });
    const resolver = includeResolver(values);
    const reports: FileReport[] = [];
    let warnings = 0;
    for (const path of args) {
      const { ok, file = path, text, needs, diagnostics } = await lintProfile(path, { resolver });
      const report = { file, source: text, ok, needs, diagnostics };
      reports.push(report);
      warnings += diagnostics.filter(({ severity }) => severity === 'warning').length;
      if (format === 'json') io.print(jsonLine({ ...report, file: path }));
      if (format !== 'text') continue;
      printDiagnostics(io, io.stdout, report);
      io.print(summary(report));
    }
    await tellOfIncludes(
      io,
      values,
      reports.flatMap(({ diagnostics }) => diagnostics),
    );
    if (format === 'sarif') io.print(sarifLog(reports, manifest.version));
    if (warnings > maximum) {
      io.tell(`aa-registry: ${warnings} warnings, and --max-warnings is ${maximum}.`);
    }
    return warnings > maximum || reports.some(({ ok }) => !ok) ? exit.failed : exit.ok;
  },
});
