import { writeCheckpointFile } from '../../checkpoint-file.ts';
import { defineCommand, exit } from '../command.ts';
import { follow, logOptions, openLog, readState } from '../followed-log.ts';
import { formatOption, toJson } from '../format.ts';

export const logVerify = defineCommand({
  name: 'log verify',
  summary: 'Audit a registry’s log: every entry, and what it is about',
  usage: '[--log-key VKEY] [--state FILE]',
  args: { min: 0, max: 0 },
  options: {
    format: formatOption,
    ...logOptions,
    'no-contents': {
      type: 'boolean',
      description: 'Do not fetch the profiles and envelopes that entries are about',
    },
  },
  details:
    'Reads every entry and rebuilds the tree that the checkpoint signs. With --state, from the checkpoint in ' +
    'FILE on: the log must extend it. That may be the checkpoint of the last run, or one that another host ' +
    'or a witness was shown; if it was shown another history, this finds out.',
  examples: [
    'aa-registry log verify --state /var/lib/auditor/checkpoint',
    'aa-registry log verify --registry https://profiles.example.org --log-key example.org/log+1a2b3c4d+A…',
  ],
  async run({ values, io }) {
    const { state } = values;
    const followed = await openLog(io, values);
    const before = await readState(followed, state);
    const checkContents = !values['no-contents'];
    const onProgress = (done: number, size: number) => {
      if (io.stderr.isTTY)
        io.stderr.write(`\r${done} of ${size} entries${done < size ? '' : '\n'}`);
    };
    const audit = await follow(followed, { from: before, checkContents, onProgress });
    if (state !== undefined) await writeCheckpointFile(state, audit.note);

    const { checkpoint, from, kinds, blinded, time } = audit;
    const looked = checkContents ? (kinds.get('version') ?? 0) - blinded : null;
    if (values.format === 'json') {
      io.print(
        toJson({
          key: followed.log.key.verifier,
          origin: checkpoint.origin,
          size: checkpoint.size,
          time: new Date(time * 1000).toISOString(),
          from,
          entries: Object.fromEntries(kinds),
          contents: looked,
          blinded,
        }),
      );
      return exit.ok;
    }
    io.print(`Log        ${followed.log.key.verifier}`);
    io.print(`Checkpoint ${checkpoint.size} entries, ${new Date(time * 1000).toISOString()}`);
    if (before) io.print(`Verified   it extends the ${from} entries of ${state}`);
    const counts = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
    io.print(
      `Verified   ${checkpoint.size - from} entries make its tree${counts && `: ${counts}`}`,
    );
    if (looked !== null) {
      io.print(`Verified   ${looked} profiles and envelopes are the published`);
      if (blinded > 0) io.print(`Not seen   ${blinded} of private profiles`);
    }
    return exit.ok;
  },
});
