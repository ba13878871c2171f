import { dataFailure, dataFolder, dataOption } from '../data-folder.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';

/** The maximum number of differences listed. */
const maxListed = 100;

export const adminCheck = defineCommand({
  name: 'admin check',
  summary: 'Check a running registry’s database against its log',
  args: [],
  usage: '[--data DIR | --database URL] [--log-key KEY]',
  options: {
    data: dataOption,
    format: formatOption,
    database: {
      type: 'string',
      value: 'URL',
      description: 'Check a remote libSQL database; LIBSQL_AUTH_TOKEN is its token',
    },
    'log-key': {
      type: 'string',
      value: 'KEY',
      description: 'The log’s verifier key (default: from DIR/log.key)',
    },
  },
  details:
    'Compares the schema with the migrations; every log entry with the tree and its signed checkpoint; every version, key, ' +
    'channel, yank and transfer with its entry, and vice versa; texts with digests; envelopes with the teams’ keys; ' +
    'and derived data with its source. Users, tokens and settings are not in the log, so they can’t be verified. ' +
    `Prints the first ${maxListed} differences.`,
  examples: [
    'aa-registry admin check --data /var/lib/aa-registry-server',
    'aa-registry admin check --database libsql://registry-example.turso.io --log-key registry.example.org/log+…',
  ],
  async run({ values, io }) {
    if (values.data !== undefined && values.database !== undefined) {
      throw new CliError(exit.usage, '--data and --database are mutually exclusive.');
    }
    const { check, DataError } = await import('../../worker/node/admin.ts');
    const json = values.format === 'json';
    const items: { id: string; detail: string }[] = [];
    let differences = 0;
    const isTerminal = io.stderr.isTTY === true;
    const clear = () => isTerminal && io.stderr.write('\r\x1b[K');
    const options = {
      folder: dataFolder(values.data, io),
      remote: values.database,
      authToken: io.env.LIBSQL_AUTH_TOKEN,
      verifier: values['log-key'],
      report: (id: string, detail: string) => {
        differences++;
        clear();
        if (differences > maxListed) return;
        if (json) items.push({ id, detail });
        else io.print(`${id}: ${detail}`);
      },
      progress: (what: string, count: number) => {
        if (isTerminal) io.stderr.write(`\r${count} ${what}`);
      },
    };
    const { entries, signed } = await check(options).catch((error: unknown) => {
      throw error instanceof DataError ? dataFailure(error) : error;
    });
    clear();
    if (!signed) io.note('The checkpoint’s signature was not checked: the log’s key is unknown.');
    if (json) {
      io.print(toJson({ entries, signed, differences, items }));
    } else if (differences === 0) {
      io.print(`No differences: ${entries} log entries match the database.`);
    } else if (differences > maxListed) io.print(`… and ${differences - maxListed} more`);
    if (differences === 0) return exit.ok;
    io.note(`${differences} ${differences === 1 ? 'difference' : 'differences'}.`);
    return exit.failed;
  },
});
