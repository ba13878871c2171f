import { answer, defineCommand, exit, formatOption } from '../../sdk/cli/index.ts';
import { dataFailure, dataFolder, dataOption } from './data.ts';

export const adminRestore = defineCommand({
  name: 'admin restore',
  summary: 'Make a registry’s data from a backup',
  usage: 'FILE [--data DIR] [--yes]',
  args: { min: 1, max: 1 },
  options: {
    data: dataOption,
    format: formatOption,
    yes: {
      type: 'boolean',
      description: 'Put it in the place of the data there is, which is kept beside it',
    },
  },
  details:
    'Refused while a registry serves the folder, and when the log’s key is not the one that the backup’s log was ' +
    'signed with. What was published after the backup is gone: hosts and auditors that have seen a larger log refuse ' +
    'this one until it has grown beyond that again, and then find that it is another. Restore the latest backup.',
  examples: [
    'aa-registry admin restore /var/backups/registry-2026-01-31.db --data /var/lib/aa-registry',
  ],
  async run({ values, args: [file = ''], io }) {
    const { DataError, restore } = await import('../../worker/admin.ts');
    const options = { folder: dataFolder(values.data, io), file, replace: values.yes ?? false };
    const { entries, lost, kept } = await restore(options).catch((error: unknown) => {
      throw error instanceof DataError ? dataFailure(error) : error;
    });
    const data = { entries, lost, kept: kept ?? null };
    answer(io, values, data, `Restored ${entries} entries of the log.`);
    if (kept !== undefined) io.tell(`What was there is kept as ${kept}.`);
    if (lost > 0) {
      io.tell(
        `That log had ${lost} entries more, which are gone: who has seen them will refuse this log.`,
      );
    }
    return exit.ok;
  },
});
