import { type Line, portMapping, tmpfsOf, volumeMapping, volumesOf } from './line.ts';
import { shellWord } from './quote.ts';
import type { Run } from './schema.ts';

/** The options of `docker run`, `podman run` and `nerdctl run` for a loaded profile (docker-run(1)), for a shell. */
export function containerOptions({ profile, run }: Line): string {
  const [program] = run.entrypoint ?? [];
  const { drop = [], add = [] } = run.capabilities ?? {};
  const words = [
    ...['--security-opt', `apparmor=${profile}`],
    ...(program === undefined ? [] : ['--entrypoint', program]),
    ...(run.ports ?? []).flatMap((port) => ['--publish', portMapping(port)]),
    ...(run.readonly ? ['--read-only'] : []),
    ...tmpfsOf(run).flatMap((path) => ['--tmpfs', path]),
    ...volumesOf(run).flatMap((mount) => ['--volume', volumeMapping(mount)]),
    ...drop.flatMap((name) => ['--cap-drop', name]),
    ...add.flatMap((name) => ['--cap-add', name]),
    ...(run.user === undefined ? [] : ['--user', run.user]),
    ...(run.environment ?? []).flatMap((name) => ['--env', name]),
  ];
  return words.map(shellWord).join(' ');
}

/** The arguments after the image, for a shell: with another entry point, the image's default arguments are dropped. */
export function argumentsAfterImage({ entrypoint, arguments: own = [] }: Run): string[] {
  return (entrypoint?.slice(1) ?? own).map(shellWord);
}

/** The command that runs a container of `image` confined by a loaded profile. */
export function dockerRunLine(line: Line, image: string): string {
  return ['docker run', containerOptions(line), image, ...argumentsAfterImage(line.run)].join(' ');
}
