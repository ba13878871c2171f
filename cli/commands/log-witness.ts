import { once } from 'node:events';
import { isSdkError } from '../../sdk/error.ts';
import { readNoteKey } from '../../sdk/note-key-file.ts';
import { startWitness } from '../../sdk/witness-server.ts';
import { type LogIdentity, type NoteVerifier, parseNoteVerifier } from '../../trust/log/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { interruption } from '../terminal/interruption.ts';

export const logWitness = defineCommand({
  name: 'log witness',
  summary: 'Run a witness, which cosigns logs that only grow',
  args: [],
  usage: '--key FILE --log-key VKEY…',
  options: {
    key: { type: 'string', value: 'FILE', description: 'A key from "log key NAME --cosigner"' },
    'log-key': {
      type: 'string',
      multiple: true,
      value: 'VKEY',
      description: 'The key of a log to cosign; repeatable',
    },
    state: {
      type: 'string',
      value: 'DIR',
      description: 'Folder for the last cosigned checkpoints (default ./aa-registry-witness)',
    },
    host: {
      type: 'string',
      value: 'ADDRESS',
      description: 'Address to listen on (default 127.0.0.1)',
    },
    port: {
      type: 'string',
      value: 'PORT',
      description: 'Port to listen on (default 8788; 0 picks one)',
    },
  },
  details:
    'Serves C2SP tlog-witness. It cosigns the checkpoints of registries that run with --witness ' +
    'KEY=URL. Hosts that list the witness in their trust file then require its cosignature. Run ' +
    'it on a machine that the registry’s operator does not control. Never restore the --state ' +
    'folder from a backup.',
  examples: [
    'aa-registry log witness --key w1.key --log-key profiles.example.org/log+1a2b3c4d+A…',
    'aa-registry serve --witness w1.example.org+5e6f7a8b+B…=http://127.0.0.1:8788',
  ],
  async run({ values, io }) {
    const { key: file, 'log-key': texts = [] } = values;
    if (file === undefined || texts.length === 0) {
      throw new CliError(
        exit.usage,
        '"log witness" requires --key FILE and at least one --log-key.',
      );
    }
    const port = requireWholeNumber('port', values.port ?? '8788', { maximum: 65_535 });
    const logs = groupByOrigin(await Promise.all(texts.map(parseLogKey)));
    const key = await readNoteKey(file);
    if (key.type !== 'cosignature') {
      throw new CliError(
        exit.failed,
        `${file} holds a log's key, not a witness's.`,
        'To generate one: aa-registry log key NAME --cosigner',
      );
    }
    const witness = await startWitness({
      key,
      logs,
      state: values.state ?? 'aa-registry-witness',
      host: values.host ?? '127.0.0.1',
      port,
      onResponse: io.note,
    }).catch((error) => {
      if (!isSdkError(error, 'witness-state')) throw error;
      throw new CliError(exit.failed, `The witness can’t cosign: ${error.message}.`);
    });
    // Install the signal handler before printing the address: a reader of that line may stop the process immediately.
    const ended = interruption();
    io.print(`Witness    ${key.verifier}`);
    for (const { origin } of logs) io.print(`Log        ${origin}`);
    io.print(`The witness is listening on ${witness.url}`);
    if (!ended.aborted) await once(ended, 'abort');
    await witness.close();
    return exit.ok;
  },
});

async function parseLogKey(text: string): Promise<NoteVerifier> {
  const key = await parseNoteVerifier(text);
  if (key?.type === 'ed25519') return key;
  throw new CliError(exit.usage, `--log-key: "${text}" is not a log’s verifier key.`);
}

/** A log has more than one key during a key rotation. */
function groupByOrigin(keys: NoteVerifier[]): LogIdentity[] {
  return [...Map.groupBy(keys, ({ name }) => name)].map(([origin, own]) => ({ origin, keys: own }));
}
