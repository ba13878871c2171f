import { requireRegularFile } from '../../sdk/files.ts';
import { dataFailure, dataFolder, dataOption } from '../data-folder.ts';
import { defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';

export const adminRestore = defineCommand({
  name: 'admin restore',
  summary: 'Restore a registry from a backup',
  args: [{ name: 'FILE' }],
  usage: '[--data DIR] [--yes]',
  options: {
    data: dataOption,
    format: formatOption,
    yes: {
      type: 'boolean',
      description: 'Replace existing data, which is renamed',
    },
  },
  details:
    'The backup’s schema is compared with this program’s before anything is changed; unknown ' +
    'triggers and views are refused. Administrators are not in the log, so the backup’s ' +
    'administrators are listed. Refused while a registry uses the folder, and if the log’s key ' +
    'is not the one that signed the backup’s log. Versions published after the backup are lost: ' +
    'hosts and auditors that have seen a larger log refuse the restored one, and detect the ' +
    'fork once the restored log has outgrown it. Restore the latest backup.',
  examples: [
    'aa-registry admin restore /var/backups/registry-2026-01-31.db --data /var/lib/aa-registry-server',
  ],
  async run({ values, args: [file = ''], io }) {
    await requireRegularFile(file);
    const { DataError, restore } = await import('../../worker/node/admin.ts');
    const options = { folder: dataFolder(values.data, io), file, replace: values.yes ?? false };
    const { entries, lost, previous, administrators } = await restore(options).catch(
      (error: unknown) => {
        throw error instanceof DataError ? dataFailure(error) : error;
      },
    );
    const data = { entries, lost, kept: previous ?? null, administrators };
    printResult(io, values, data, `Restored ${entries} entries of the log.`);
    if (previous !== undefined) io.note(`The previous data was moved to ${previous}.`);
    const { users, tokens } = administrators;
    const names = users.length === 0 ? 'none' : users.map(quoted).join(', ');
    io.note(
      `Administrators: ${names}. Valid administrator tokens (revoke those you do not recognize):`,
    );
    for (const { id, label, user, createdAt } of tokens) {
      const of = user === null ? '' : ` of ${quoted(user)}`;
      io.note(`  ${id}  ${quoted(label)}${of}, created ${quoted(createdAt)}`);
    }
    if (lost > 0) {
      io.note(
        `The replaced log had ${lost} more entries, which are lost: hosts that have seen them will refuse this log.`,
      );
    }
    return exit.ok;
  },
});

/** Quotes text from a backup, which is untrusted. */
const quoted = (text: string) => JSON.stringify(text);
