import { type Explanation, explain as explanation, explanations } from '../../policy/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { nearest } from '../framework/nearest.ts';
import { widthOf } from '../terminal/io.ts';
import { printList } from '../terminal/table.ts';
import { wrapLines } from '../terminal/wrap.ts';

export const explain = defineCommand({
  name: 'explain',
  summary: 'Explain a diagnostic and how to fix it',
  args: [{ name: 'ID', optional: true }],
  options: { format: formatOption },
  details: 'Without an ID, lists all diagnostics.',
  examples: ['aa-registry explain capability-name'],
  async run({ values, args: [id], io }) {
    if (id === undefined) {
      if (values.format === 'json') {
        const items = Object.entries(explanations).map(([known, one]) => asData(known, one));
        io.print(toJson({ items }));
        return exit.ok;
      }
      const rows = Object.entries(explanations).map(([known, { severity, title }]) => [
        known,
        severity,
        title,
      ]);
      printList(io, ['ID', 'SEVERITY', 'MEANING'], rows);
      return exit.ok;
    }
    const found = explanation(id);
    if (!found) {
      const near = nearest(Object.keys(explanations), [id]);
      throw new CliError(
        exit.failed,
        `"${id}" is not a diagnostic.${near ? ` Did you mean "${near}"?` : ''}`,
        'Run "aa-registry explain" for the list.',
      );
    }
    if (values.format === 'json') {
      io.print(toJson(asData(id, found)));
      return exit.ok;
    }
    io.print(`${id} (${found.severity}): ${found.title}`);
    io.print('');
    io.print(wrapLines(found.text, widthOf(io.stdout)));
    if (found.example !== undefined) io.print(`\nFound in:\n\n${indent(found.example)}`);
    if (found.corrected !== undefined) io.print(`\nCorrected:\n\n${indent(found.corrected)}`);
    return exit.ok;
  },
});

function asData(id: string, { severity, title, text, example, corrected }: Explanation): object {
  return { id, severity, title, text, example: example ?? null, corrected: corrected ?? null };
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, '    ');
}
