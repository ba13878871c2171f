import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditProgress, LoggedEntry } from '../../sdk/audit.ts';
import { writeCheckpointFile } from '../../sdk/checkpoint-file.ts';
import { type Client, isTemporary, RegistryError, UnreachableError } from '../../sdk/client.ts';
import { isDigest, isProfileName, isTeam, type LogEntry } from '../../trust/index.ts';
import { follow, logOptions, openLog, readState } from '../followed-log.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { lineFormatOption, toJson } from '../framework/format.ts';
import { requireWholeNumber } from '../framework/whole-number.ts';
import { interruption } from '../terminal/interruption.ts';
import type { Io } from '../terminal/io.ts';

/** The maximum time to wait when a registry asks to, in seconds. */
const maxPause = 3600;

export const logWatch = defineCommand({
  name: 'log watch',
  summary: 'Watch the log for new entries of teams or profiles',
  args: [{ name: 'TEAM[/NAME]', repeated: true }],
  usage: '[--state FILE]',
  options: {
    ...logOptions,
    interval: {
      type: 'string',
      value: 'SECONDS',
      description: 'Time between checks (default 60)',
    },
    once: { type: 'boolean', description: 'Check once and exit' },
    format: lineFormatOption,
  },
  details:
    'Verifies the log like "log verify", and prints each new entry for these names, starting at ' +
    'the checkpoint in the state file or at the beginning. To watch keys, watch their TEAM. ' +
    'Continues while the registry is busy or unreachable; exits if the log is not consistent ' +
    'with the earlier one.',
  examples: [
    'aa-registry log watch platform --state /var/lib/auditor/platform',
    'aa-registry log watch library/docker-nginx --once --format json',
  ],
  async run({ values, args, io }) {
    const { state, once } = values;
    const watched = args.map(parseWatched);
    const print = values.format === 'json' ? formatJson : formatText;
    const seconds = requireWholeNumber('interval', values.interval ?? '60', {
      minimum: 1,
      maximum: 86_400,
    });
    const ended = once ? undefined : interruption();
    const followed = await openLog(io, values, ended ? { signal: ended } : {});
    let from = await readState(followed, state);
    await reportUnknown(io, followed.client, watched);
    const select = (entry: LogEntry) => watched.some((one) => isAbout(entry, one));

    /** Where a check was interrupted because the registry became unreachable; the next one resumes there. */
    let resume: AuditProgress | undefined;
    const onReached = (progress: AuditProgress) => {
      resume = progress;
    };
    const look = async () => {
      const options = { from, select, resume, onReached, ...(ended && { signal: ended }) };
      const audit = await follow(followed, options);
      resume = undefined;
      for (const logged of audit.entries) io.print(print(logged));
      if (once && audit.entries.length === 0) {
        io.note(`Nothing new of ${args.join(', ')} in ${audit.checkpoint.size} entries.`);
      }
      // Saved only now, so that entries which were not printed are reported again.
      if (state !== undefined) await writeCheckpointFile(state, audit.note);
      from = audit.checkpoint;
    };
    if (!ended) {
      await look();
      return exit.ok;
    }
    // The reader has closed the pipe, as in … | head.
    const isHeard = () => !io.stdout.destroyed;
    while (!ended.aborted && isHeard()) {
      try {
        await look();
        if (isHeard()) await sleep(seconds * 1000, undefined, { signal: ended });
      } catch (error) {
        if (ended.aborted) break;
        if (!isTemporary(error)) throw error;
        const retryAfter = error instanceof RegistryError ? (error.retryAfter ?? 0) / 1000 : 0;
        const pause = Math.min(Math.max(seconds, Math.ceil(retryAfter)), maxPause);
        io.note(`${error.message} Trying again in ${pause} seconds.`);
        await sleep(pause * 1000, undefined, { signal: ended }).catch(() => {});
      }
    }
    return exit.ok;
  },
});

/** Warns about teams that the registry does not know, which may be typos or not exist yet. Watching continues. */
async function reportUnknown(io: Io, client: Client, watched: readonly Watched[]): Promise<void> {
  for (const team of new Set(watched.map((one) => one.team))) {
    try {
      await client.getTeam(team);
    } catch (error) {
      if (!(error instanceof RegistryError || error instanceof UnreachableError)) throw error;
      if (error instanceof RegistryError && error.status === 404) {
        io.note(`Warning: the registry has no team ${team} yet.`);
      }
    }
  }
}

/** A team, or one of its profiles. */
interface Watched {
  team: string;
  name: string | undefined;
}

function parseWatched(text: string): Watched {
  const slash = text.indexOf('/');
  const team = slash < 0 ? text : text.slice(0, slash);
  const name = slash < 0 ? undefined : text.slice(slash + 1);
  if (isTeam(team) && (name === undefined || isProfileName(name))) return { team, name };
  throw new CliError(exit.usage, `"${text}" is neither a TEAM nor a TEAM/NAME.`);
}

function isAbout(entry: LogEntry, { team, name }: Watched): boolean {
  if (entry.team !== team) return false;
  if (name === undefined) return true;
  // A blinded name may be any profile of the team.
  return 'name' in entry && (entry.name === name || isDigest(entry.name));
}

function formatJson({ index, entry }: LoggedEntry): string {
  return toJson({ index, ...entry });
}

function formatText({ index, entry }: LoggedEntry): string {
  return `${index} ${entry.time} ${describe(entry)}`;
}

function describe(entry: LogEntry): string {
  switch (entry.kind) {
    case 'version':
      return `${entry.team}/${entry.name}@${entry.version} published, ${entry.digest}`;
    case 'channel': {
      const before = entry.previous === null ? '' : `, before ${entry.previous}`;
      return `${entry.team}/${entry.name}:${entry.channel} is ${entry.version}${before}`;
    }
    case 'yank': {
      const done = entry.yanked ? 'yanked' : 'unyanked';
      return `${entry.team}/${entry.name}@${entry.version} ${done}: ${entry.reason}`;
    }
    case 'transfer':
      return `${entry.team}/${entry.name} transferred to team ${entry.to}`;
    case 'key':
      return `${entry.team} has a new key ${entry.keyId}: ${entry.label}`;
    case 'key-revocation':
      return `${entry.team} has revoked the key ${entry.keyId}: ${entry.reason}`;
  }
}
