import manifest from '../../package.json' with { type: 'json' };
import { releases } from '../../policy/index.ts';
import { lint as lintProfile } from '../../sdk/calls/lint.ts';
import {
  encodeProfile,
  maxProfileFile,
  parseProfileFile,
  requireRewritable,
} from '../../sdk/profile-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { includeOptions, reportIncludes } from '../include-options.ts';
import { policyOptions, targetBaseOptions } from '../target-base.ts';
import { readAllInput, visibleLine } from '../terminal/io.ts';
import {
  type FileReport,
  jsonDiagnostic,
  jsonLine,
  maxShown,
  printDiagnostics,
  sarifLog,
  summary,
} from '../terminal/report.ts';

export const lint = defineCommand({
  name: 'lint',
  summary: 'Lint profiles',
  args: [{ name: 'FILE|DIR', repeated: true }],
  usage: '[--fix]',
  options: {
    ...includeOptions,
    target: {
      type: 'string',
      choices: releases,
      description: 'Lint for this AppArmor release (default: the newest)',
    },
    ...targetBaseOptions,
    fix: {
      type: 'boolean',
      description: 'Apply fixes to the files; with -, print the fixed text',
    },
    'max-warnings': {
      type: 'string',
      value: 'N',
      description: 'Fail if there are more warnings than this',
    },
    format: {
      type: 'string',
      choices: ['text', 'json', 'sarif'],
      description: 'text (default), json: one object a line, or sarif',
    },
  },
  details:
    'For a folder, lints the package: aa-profile.toml names the profile. FILE - is standard ' +
    'input. Exits with 1 if a profile has errors, not for warnings alone. "aa-registry explain ' +
    'ID" explains a diagnostic. --fix applies fixes until none is left, then reports what it ' +
    'fixed and what remains; what remains decides the exit code. A misspelt name becomes the ' +
    'nearest known one, so review the result. Only files that change are written, each ' +
    'atomically, with the same mode and owner. Links are refused, and so are fixes that would ' +
    'add syntax errors. To accept a finding, give the reason in a comment after the rule or on the ' +
    'line before: "# lint-ignore ID: reason". Errors can’t be suppressed.',
  examples: [
    'aa-registry lint ./docker-nginx',
    'aa-registry lint --fix ./docker-nginx',
    'aa-registry lint --format sarif profiles/* > lint.sarif',
  ],
  async run({ values, args, io }) {
    const { format = 'text', fix = false } = values;
    const limit = values['max-warnings'];
    const maxWarnings =
      limit === undefined
        ? Number.POSITIVE_INFINITY
        : requireWholeNumber('max-warnings', limit, { maximum: 999_999_999 });
    const filters = fix && args.includes('-');
    if (filters && (args.length > 1 || format !== 'text')) {
      const next = 'It can’t be combined with other files or --format.';
      throw new CliError(exit.usage, '"--fix -" prints only the fixed text.', next);
    }
    // Check all before writing any.
    if (fix) for (const path of args) if (path !== '-') await requireRewritable(path);
    const options = await policyOptions(io, values);
    const reports: FileReport[] = [];
    let warnings = 0;
    for (const path of args) {
      const source =
        path === '-' ? parseProfileFile('-', await readAllInput(io, maxProfileFile)) : path;
      const linted = await lintProfile(source, { ...options, fix });
      const { ok, file = '-', text, needs, diagnostics, omitted, suppressed, fixed } = linted;
      if (filters) io.stdout.write(encodeProfile(text));
      const report = { file, source: text, ok, needs, diagnostics, omitted, suppressed };
      reports.push(report);
      warnings += diagnostics.filter(({ severity }) => severity === 'warning').length;
      if (format === 'json') {
        const more = fix
          ? {
              fixed: fixed.slice(0, maxShown).map(jsonDiagnostic),
              fixedOmitted: Math.max(0, fixed.length - maxShown),
            }
          : {};
        io.print(jsonLine(report, more));
      }
      if (format !== 'text') continue;
      const say = filters ? io.note : io.print;
      for (const { id, message, span } of fixed.slice(0, maxShown)) {
        const { line, column } = span.start;
        say(`${visibleLine(file)}:${line}:${column}: fixed: ${message} [${id}]`);
      }
      if (fixed.length > maxShown) say(`${fixed.length - maxShown} more fixed`);
      printDiagnostics(io, filters ? io.stderr : io.stdout, report);
      say(summary(report));
    }
    await reportIncludes(
      io,
      values,
      reports.flatMap(({ diagnostics }) => diagnostics),
    );
    if (format === 'sarif') io.print(sarifLog(reports, manifest.version));
    if (warnings > maxWarnings) {
      io.note(`aa-registry: ${warnings} warnings; --max-warnings is ${maxWarnings}.`);
    }
    return warnings > maxWarnings || reports.some(({ ok }) => !ok) ? exit.failed : exit.ok;
  },
});
