import { reservedName } from '../../policy/index.ts';
import { definedProfiles, type Manifest } from '../../trust/index.ts';
import {
  argumentsAfterImage,
  dockerRunLine,
  fitsTarget,
  profileToRun,
  type RunTarget,
  runLines,
  runOf,
} from '../../trust/run/index.ts';
import { Command } from './command.tsx';

/** Targets by their titles. */
const titles: [RunTarget, string][] = [
  ['docker', 'Docker'],
  ['compose', 'Compose'],
  ['kubernetes', 'Kubernetes'],
  ['podman', 'Podman'],
  ['quadlet', 'Quadlet'],
  ['systemd', 'systemd'],
  ['nerdctl', 'nerdctl'],
  ['containers.conf', 'containers.conf'],
  ['crio.conf', 'crio.conf'],
  ['daemon.json', 'daemon.json'],
];

/**
 * How to run a container under a profile that is installed, a tab for each runtime; nothing for programs of the host and
 * abstractions. Tabs are radio buttons, so that they work without scripts.
 */
export function RunLines({
  team,
  name,
  manifest,
}: {
  team: string;
  name: string;
  manifest: Manifest;
}) {
  if (manifest.kind === 'host' || manifest.kind === 'abstraction') return null;
  const profile = profileToRun(name, definedProfiles({ name, manifest }));
  const found = runOf(manifest);
  if (!found.ok || reservedName(profile) !== undefined) return null;
  const file = `/etc/apparmor.d/aa-registry.${team}.${name}`;
  const line = { profile, file, run: found.run };
  const image = manifest.images[0] ?? 'IMAGE';
  const rest = [image, ...argumentsAfterImage(line.run)].join(' ');
  const textOf = (target: RunTarget) => {
    if (target === 'docker') return dockerRunLine(line, image);
    return target === 'podman' || target === 'nerdctl'
      ? `${target} run ${runLines(target, line)} ${rest}`
      : runLines(target, line);
  };
  const shown = titles.filter(([target]) => fitsTarget(target, profile));
  return (
    <>
      <h2 id="run">Run</h2>
      <fieldset class="tabs">
        <legend class="unseen-text">Container runtime</legend>
        {shown.map(([target, title], at) => (
          <>
            <input type="radio" name="runtime" id={`run-${target}`} checked={at === 0} />
            <label for={`run-${target}`}>{title}</label>
            <div class="panel">
              <Command text={textOf(target)} />
            </div>
          </>
        ))}
      </fieldset>
    </>
  );
}
