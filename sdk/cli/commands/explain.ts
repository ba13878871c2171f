import { explain as explanation, explanations } from '../../../policy/index.ts';
import { CliError, defineCommand, exit } from '../command.ts';
import { nearest } from '../nearest.ts';

export const explain = defineCommand({
  name: 'explain',
  summary: 'Say what a diagnostic means and what to do',
  usage: '[ID]',
  args: { min: 0, max: 1 },
  options: {},
  details: 'Without an ID, lists them all.',
  examples: ['aa-registry explain capability-name'],
  async run({ args: [id], io }) {
    if (id === undefined) {
      for (const [known, { severity, title }] of Object.entries(explanations)) {
        io.print(`${known.padEnd(28)} ${severity.padEnd(8)} ${title}`);
      }
      return exit.ok;
    }
    const found = explanation(id);
    if (!found) {
      const near = nearest(Object.keys(explanations), [id]);
      throw new CliError(
        exit.failed,
        `"${id}" is no diagnostic.${near ? ` Did you mean "${near}"?` : ''}`,
        'Run "aa-registry explain" for the list.',
      );
    }
    io.print(`${id} (${found.severity}): ${found.title}`);
    io.print('');
    io.print(found.text);
    if (found.example !== undefined) io.print(`\nFound in:\n\n${indent(found.example)}`);
    if (found.corrected !== undefined) io.print(`\nPut right:\n\n${indent(found.corrected)}`);
    return exit.ok;
  },
});

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, '    ');
}
