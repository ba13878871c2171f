import {
  change,
  currentView,
  type HostEvent,
  openHost,
  withoutNetwork,
} from '../sdk/calls/context.ts';
import { isForcedToComplain } from '../sdk/host/complain.ts';
import type { Installation } from '../sdk/host/installation.ts';
import { reinstall } from '../sdk/host/reinstall.ts';
import { lacksKeys } from '../sdk/host/trust-check.ts';
import { hostCommand } from '../sdk/host-command.ts';
import { profilesPlace } from '../sdk/profiles-file.ts';
import { flaggedMode } from './flagged-mode.ts';
import { CliError, type Command, defineCommand, exit } from './framework/command.ts';
import { formatOption, outputItems } from './framework/format.ts';
import { reportHostEvent, reportSetAside } from './host-events.ts';
import { trustAdvice, trustOption } from './host-trust.ts';
import { pathOf, requireInstalled } from './installed.ts';
import { refused } from './refused.ts';
import { connectWith, registryOptions } from './session.ts';
import { rootOf, rootOption } from './target.ts';
import { entryOf, wantedBySync } from './wanted-by-sync.ts';

/** Defines the commands `enforce` and `complain`. */
export function modeCommand(
  name: 'enforce' | 'complain',
  summary: string,
  details: string,
): Command {
  const complain = name === 'complain';
  return defineCommand({
    name,
    summary,
    args: [{ name: 'NAME', repeated: true }],
    options: {
      offline: { type: 'boolean', description: 'Do not ask the registry which keys are revoked' },
      format: formatOption,
      ...registryOptions,
      root: rootOption,
      trust: trustOption,
    },
    details,
    examples: [`sudo aa-registry ${name} docker-nginx`],
    async run({ values, args, io }) {
      const root = rootOf(values.root);
      const { trust, registry, offline } = values;
      const options = {
        root,
        trust,
        registry,
        env: io.env,
        connect: connectWith(io, values),
        onEvent: (event: HostEvent) => reportHostEvent(io, event, values),
      };
      const opened = await openHost(options, { change: true });
      if (!opened.ok) throw refused(opened);
      const { host } = opened;
      await change(root, { ...options, trust: host.trust }, async () => {
        const teams: string[] = [];
        for (const text of args) teams.push((await requireInstalled(root, text)).team);
        const view = await currentView(withoutNetwork(host, offline), teams);
        await outputItems(io, values, async (report) => {
          for (const text of args) {
            const installation = await requireInstalled(root, text);
            const path = pathOf(installation);
            requireProfiles(installation);
            const { team, name, version, rolledBackFrom } = installation;
            const options = { root, complain, complainChosen: complain, rolledBackFrom };
            const done = await reinstall(installation, installation, view, options);
            if (!done.ok) {
              const code = done.id === 'not-kept' ? exit.failed : exit.refused;
              throw new CliError(
                code,
                `${path} was not changed: ${done.reason} [${done.id}].`,
                trustAdvice(
                  done.id,
                  { team, name, lacksKeys: lacksKeys(host.trust, team, view.revoked.get(team)) },
                  values,
                ),
                done.id,
              );
            }
            const { mode = null, setAside = null } = done;
            if (setAside !== null) reportSetAside(io.note, setAside);
            const shown = mode ? `${mode} mode` : await modeAtBoot(root, complain, installation);
            report(
              { team, name, version, complain, mode, setAside },
              `${path} ${version} is in ${shown}`,
            );
            if (!complain && mode !== null && mode !== 'enforce') {
              io.note(`The profile’s own flags set this mode: the team published it that way.`);
            }
            const wanted = entryOf(await wantedBySync(root), { team, name });
            if (complain && wanted && !wanted.complain) {
              io.note(`"sync" keeps this mode until: ${hostCommand(`enforce ${path}`, values)}`);
            }
            if (!complain && wanted?.complain) {
              io.note(
                `Warning: ${profilesPlace(root)} sets complain mode for it, so the next "sync" restores that; change it there.`,
              );
            }
          }
        });
      });
      return exit.ok;
    },
  });
}

/** Throws for an abstraction, which has no profiles. */
export function requireProfiles(installation: Installation): void {
  if (installation.kind !== 'abstraction') return;
  const path = pathOf(installation);
  throw new CliError(
    exit.failed,
    `${path} is an abstraction: it has no profiles of its own.`,
    'Name a package whose profiles include it.',
  );
}

/** What the system in another root will do at boot. */
async function modeAtBoot(
  root: string,
  complain: boolean,
  installation: Installation,
): Promise<string> {
  if (complain !== (await isForcedToComplain(root, installation))) return 'an unknown mode';
  if (complain) return 'complain mode';
  const mode = flaggedMode(root, installation);
  return mode === undefined ? 'the mode in its flags' : `${mode} mode`;
}
