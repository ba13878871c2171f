import { dataFailure, dataFolder, dataOption } from '../data-folder.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';

export const adminBackup = defineCommand({
  name: 'admin backup',
  summary: 'Back up a running registry to a file',
  args: [{ name: 'FILE' }],
  usage: '[--data DIR] [--with-log-key] [--force]',
  options: {
    data: dataOption,
    format: formatOption,
    'with-log-key': {
      type: 'boolean',
      description: 'Include the log key; anyone with it can fork the log',
    },
    force: { type: 'boolean', description: 'Overwrite FILE if it exists' },
  },
  details:
    'Writes a consistent snapshot of the registry to FILE, readable only by you. Without the ' +
    'log key, a restored log can’t be extended: keep a separate copy of log.key, or use ' +
    '--with-log-key.',
  examples: ['aa-registry admin backup /var/backups/registry-$(date +%F).db --with-log-key'],
  async run({ values, args: [file = ''], io }) {
    const { backUp, DataError } = await import('../../worker/node/admin.ts');
    const withLogKey = values['with-log-key'] ?? false;
    const options = {
      folder: dataFolder(values.data, io),
      file,
      withLogKey,
      force: values.force ?? false,
    };
    const { entries, bytes } = await backUp(options).catch((error: unknown) => {
      throw error instanceof DataError ? dataFailure(error) : error;
    });
    printResult(
      io,
      values,
      { file, bytes, entries, withLogKey },
      `Wrote ${file}: ${bytes} bytes, ${entries} entries in the log.`,
    );
    if (!withLogKey) io.note('The log key is not included: keep a copy of log.key too.');
    return exit.ok;
  },
});
