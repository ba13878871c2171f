import type { AuditProgress } from '../../sdk/audit.ts';
import {
  describeAudit,
  progressPath,
  readProgress,
  removeProgress,
  writeProgress,
} from '../../sdk/audit-progress-file.ts';
import { writeCheckpointFile } from '../../sdk/checkpoint-file.ts';
import { isTemporary } from '../../sdk/client.ts';
import { follow, logOptions, openLog, readState } from '../followed-log.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { describeWait, type SessionOptions } from '../session.ts';
import { interruption } from '../terminal/interruption.ts';
import { statusLine } from '../terminal/progress.ts';

/** How often the progress file is written, in milliseconds. */
const writeInterval = 1000;

export const logVerify = defineCommand({
  name: 'log verify',
  summary: 'Verify a registry’s log: every entry and the content it names',
  args: [],
  usage: '[--log-key VKEY] [--state FILE]',
  options: {
    format: formatOption,
    ...logOptions,
    'no-contents': {
      type: 'boolean',
      description: 'Do not fetch the profiles and envelopes of entries',
    },
  },
  details:
    'Reads every entry and rebuilds the tree that the checkpoint signs. With --state, starts at ' +
    'the checkpoint in FILE, which the log must extend. FILE may be the checkpoint of the last ' +
    'run, or one from another host or a witness: a log that shows them different histories is ' +
    'then detected. Waits while the registry is busy. An interrupted run resumes: with --state, ' +
    'FILE.progress has its progress.',
  examples: [
    'aa-registry log verify --state /var/lib/auditor/checkpoint',
    'aa-registry log verify --registry https://profiles.example.org --log-key example.org/log+1a2b3c4d+A…',
  ],
  async run({ values, io }) {
    const { state } = values;
    const ended = interruption();
    const line = statusLine(io);
    let reached: AuditProgress | undefined;
    const session: SessionOptions = { signal: ended };
    if (line.isShown) {
      session.onWait = (waiting) => line.show(`${shown(reached)}; ${describeWait(waiting)}`);
    }
    const followed = await openLog(io, values, session);
    const before = await readState(followed, state);
    const checkContents = !values['no-contents'];
    const file = state === undefined ? undefined : progressPath(state);
    const about = describeAudit(followed.log.key.verifier, before, checkContents);
    const resume = file === undefined ? undefined : await readProgress(file, about);
    if (resume) io.note(`Resuming after ${resume.done.size} entries that were verified before.`);
    let written = 0;
    const onReached = async (progress: AuditProgress) => {
      reached = progress;
      line.show(shown(progress));
      if (file === undefined || Date.now() - written < writeInterval) return;
      await writeProgress(file, about, progress);
      written = Date.now();
    };
    const options = { from: before, checkContents, resume, onReached, signal: ended };
    const audit = await follow(followed, options).catch(async (error: unknown) => {
      line.end();
      if (reached && file !== undefined) await writeProgress(file, about, reached);
      if (reached && (ended.aborted || isTemporary(error))) {
        io.note(
          file === undefined
            ? `${shown(reached)} were verified; with --state FILE, the next run would resume there.`
            : `${shown(reached)} were verified; run the same command to resume.`,
        );
      }
      throw ended.aborted ? new CliError(exit.failed, 'Interrupted.') : error;
    });
    line.end();
    if (state !== undefined) await writeCheckpointFile(state, audit.note);
    if (file !== undefined) await removeProgress(file);

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
    const counts = [...kinds].map(([kind, count]) => countOf(kind, count)).join(', ');
    io.print(
      `Verified   its tree, rebuilt from ${checkpoint.size - from} entries${counts && `: ${counts}`}`,
    );
    if (looked !== null) {
      io.print(`Verified   ${looked} profiles and envelopes match what was published`);
      if (blinded > 0) io.print(`Skipped    ${blinded} of private profiles`);
    }
    return exit.ok;
  },
});

/** The number of entries of a kind, in words. */
function countOf(kind: string, count: number): string {
  const [one, many] = nouns[kind] ?? [kind, kind];
  return `${count} ${count === 1 ? one : many}`;
}

const nouns: Record<string, [one: string, many: string]> = {
  version: ['version', 'versions'],
  channel: ['channel move', 'channel moves'],
  yank: ['yank', 'yanks'],
  transfer: ['transfer', 'transfers'],
  key: ['key', 'keys'],
  'key-revocation': ['key revocation', 'key revocations'],
};

function shown(progress: AuditProgress | undefined): string {
  return progress ? `${progress.done.size} of ${progress.target.size} entries` : 'No entry yet';
}
