import { type Removed, remove as removeInstalled } from '../../sdk/host/remove.ts';
import { changing } from '../changing.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { answerItems, formatOption } from '../framework/format.ts';
import { pathOf, requireInstalled } from '../installed.ts';
import { requireRoot, requireTarget, rootOption } from '../target.ts';

/** The most processes that are named. */
const mostNamed = 20;

export const remove = defineCommand({
  name: 'remove',
  summary: 'Unload and remove profiles that were installed',
  usage: 'NAME…',
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  options: {
    format: formatOption,
    root: rootOption,
    force: {
      type: 'boolean',
      description: 'Also while processes are confined by it, which become unconfined',
    },
  },
  details:
    'Refuses, and names them, while processes are confined by a profile, and when its file was changed since it ' +
    'was installed. Your own /etc/apparmor.d/local/… stays.',
  examples: ['sudo aa-registry remove docker-nginx', 'sudo aa-registry remove acme/web --force'],
  async run({ values, args, io }) {
    const root = await requireRoot(values.root);
    await requireTarget(root);
    const { force = false } = values;
    await changing(io, root, {}, async () => {
      // All are there before the first is removed.
      for (const name of args) await requireInstalled(root, name);
      await answerItems(io, values, async (done) => {
        for (const text of args) {
          const installation = await requireInstalled(root, text);
          const removed = await removeInstalled(installation, { root, force });
          if (!removed.ok) throw refusal(pathOf(installation), removed);
          const { team, name, version } = installation;
          done({ team, name, version }, `Removed ${pathOf(installation)} ${version}`);
        }
      });
    });
    return exit.ok;
  },
});

function refusal(name: string, removed: Extract<Removed, { ok: false }>): CliError {
  if (removed.id === 'file-changed') {
    return new CliError(
      exit.failed,
      `${name} was not removed: ${removed.file} was changed since it was installed [file-changed].`,
      'Keep a copy if you need it, then remove with --force.',
      removed.id,
    );
  }
  const { processes } = removed;
  // Lines after the first are indented when they are shown.
  const named = processes.slice(0, mostNamed).map(({ pid, command }) => `${pid} ${command}`);
  const more = processes.length - named.length;
  return new CliError(
    exit.failed,
    [
      `${name} was not removed: ${processes.length} processes are confined by it [profile-in-use]:`,
      ...named,
      ...(more > 0 ? [`and ${more} more`] : []),
    ].join('\n'),
    'Stop them first; with --force they go on unconfined.',
    removed.id,
  );
}
