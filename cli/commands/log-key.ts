import { writeNoteKey } from '../../sdk/note-key-file.ts';
import { generateNoteKey, isNoteName } from '../../trust/log/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';

export const logKey = defineCommand({
  name: 'log key',
  summary: 'Generate the key of a log or a witness',
  args: [{ name: 'NAME' }],
  usage: '[--cosigner] [-o FILE]',
  options: {
    format: formatOption,
    cosigner: { type: 'boolean', description: 'Generate a witness’s key, for "log witness"' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'Where to write it (default ./log.key or ./witness.key)',
    },
  },
  details:
    'NAME is a URL without its scheme, such as profiles.example.org/log. Writes the private key ' +
    '(C2SP signed-note), readable only by you, and prints the verifier key, which others pin. A ' +
    'registry on Workers uses a log’s key as its secret LOG_KEY; "serve" uses it as log.key in ' +
    'its data folder. An existing key is never overwritten.',
  examples: [
    'aa-registry log key profiles.example.org/log',
    'aa-registry log key witness.example.net/w1 --cosigner -o w1.key',
  ],
  async run({ values, args: [name = ''], io }) {
    if (!isNoteName(name)) {
      throw new CliError(
        exit.usage,
        `"${name}" is not a valid key name: spaces and "+" are not allowed.`,
      );
    }
    const type = values.cosigner ? 'cosignature' : 'ed25519';
    const path = values.output ?? (values.cosigner ? 'witness.key' : 'log.key');
    const key = await generateNoteKey(name, type);
    await writeNoteKey(path, key);
    io.note(`Wrote ${path}; keep it secret. The verifier key, for others to pin:`);
    printResult(io, values, { file: path, verifier: key.verifier }, key.verifier);
    return exit.ok;
  },
});
