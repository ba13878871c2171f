import { type RemoveRefusal, removeAll } from '../../sdk/calls/remove.ts';
import { profilesPlace } from '../../sdk/profiles-file.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, outputItems } from '../framework/format.ts';
import { reportHostEvent } from '../host-events.ts';
import { pathOf } from '../installed.ts';
import { refused } from '../refused.ts';
import { connectWith } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';
import { entryOf, wantedBySync } from '../wanted-by-sync.ts';

/** The maximum number of processes listed. */
const maxNamed = 20;

export const remove = defineCommand({
  name: 'remove',
  summary: 'Unload and remove installed profiles',
  args: [{ name: 'NAME', repeated: true }],
  options: {
    format: formatOption,
    root: rootOption,
    force: {
      type: 'boolean',
      description: 'Remove even if it confines processes; they become unconfined',
    },
  },
  details:
    'Refuses to remove a profile that confines processes, which it lists, a profile whose file was changed after it was ' +
    'installed, and a package that another installed one needs. Dependencies that no package needs any more are removed ' +
    'too, unless they were pulled by name. Your own rules in /etc/apparmor.d/local/ stay.',
  examples: ['sudo aa-registry remove docker-nginx', 'sudo aa-registry remove acme/web --force'],
  async run({ values, args, io }) {
    const { force } = values;
    const root = rootOf(values.root);
    const wanted = await wantedBySync(root);
    await outputItems(io, values, async (done) => {
      const removed = await removeAll(args, {
        root,
        force,
        connect: connectWith(io, values),
        onEvent: (event) => {
          if (event.kind !== 'removed') return reportHostEvent(io, event, values);
          const { team, name, version } = event.installation;
          done({ team, name, version }, `Removed ${pathOf(event.installation)} ${version}`);
          if (entryOf(wanted, { team, name })) {
            const list = profilesPlace(root);
            io.note(
              `Warning: ${list} lists it, so the next "sync" installs it again; remove it there.`,
            );
          }
        },
      });
      if (!removed.ok) throw refusal(args[removed.items.length] ?? '', removed);
    });
    return exit.ok;
  },
});

function refusal(name: string, removed: RemoveRefusal): CliError {
  if (removed.id === 'file-changed') {
    return new CliError(
      exit.failed,
      `${name} was not removed: ${removed.reason} [file-changed].`,
      'Keep a copy if you need it, then remove with --force.',
      removed.id,
    );
  }
  if (removed.id !== 'profile-in-use') return refused(removed);
  const { processes } = removed;
  // Lines after the first are indented in the output.
  const named = processes.slice(0, maxNamed).map(({ pid, command }) => `${pid} ${command}`);
  const more = processes.length - named.length;
  return new CliError(
    exit.failed,
    [
      `${name} was not removed: ${processes.length} processes are confined by it [profile-in-use]:`,
      ...named,
      ...(more > 0 ? [`and ${more} more`] : []),
    ].join('\n'),
    'Stop them first; with --force, they continue unconfined.',
    removed.id,
  );
}
