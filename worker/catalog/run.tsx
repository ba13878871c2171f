import { reservedName } from '../../policy/index.ts';
import { definedProfiles, type Manifest } from '../../trust/index.ts';
import {
  argumentsAfterImage,
  dockerRunLine,
  profileToRun,
  type RunTarget,
  runLines,
  runOf,
} from '../../trust/run/index.ts';

/** Targets by their titles, besides the line for Docker. */
const titles: [RunTarget, string][] = [
  ['podman', 'Podman'],
  ['nerdctl', 'nerdctl'],
  ['compose', 'Docker Compose'],
  ['kubernetes', 'Kubernetes'],
  ['quadlet', 'Podman unit (Quadlet)'],
  ['systemd', 'systemd service'],
  ['containers.conf', 'All containers of Podman (containers.conf)'],
  ['crio.conf', 'All containers of CRI-O (crio.conf)'],
];

/** How to run a container under a profile that is installed, for each runtime; nothing for programs of the host and abstractions. */
export function RunLines({ name, manifest }: { name: string; manifest: Manifest }) {
  if (manifest.kind === 'host' || manifest.kind === 'abstraction') return null;
  const profile = profileToRun(name, definedProfiles({ name, manifest }));
  const found = runOf(manifest);
  if (!found.ok || reservedName(profile) !== undefined) return null;
  const line = { profile, run: found.run };
  const image = manifest.images[0] ?? 'IMAGE';
  const rest = [image, ...argumentsAfterImage(line.run)].join(' ');
  const textOf = (target: RunTarget) =>
    target === 'podman' || target === 'nerdctl'
      ? `${target} run ${runLines(target, line)} ${rest}`
      : runLines(target, line);
  return (
    <>
      <h2>Run</h2>
      <pre>
        <code>{dockerRunLine(line, image)}</code>
      </pre>
      {titles.map(([target, title]) => (
        <details>
          <summary>{title}</summary>
          <pre>
            <code>{textOf(target)}</code>
          </pre>
        </details>
      ))}
    </>
  );
}
