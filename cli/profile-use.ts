import type { VerifiedProfile } from '../sdk/resolve/index.ts';
import { attachmentOf, dockerRunLine, kubernetesStanza, runArguments } from '../sdk/run-args.ts';
import type { Io } from './terminal/io.ts';

/** Prints how to use an installed profile with a container, a service or a program of the host. */
export function reportUse(
  io: Io,
  { name, manifest, bytes }: VerifiedProfile,
  alone: boolean,
): void {
  if (alone) io.note(`About: ${manifest.description}`);
  const { images, entrypoint } = manifest;
  const [image] = images;
  if (image !== undefined) {
    io.print(dockerRunLine(name, image, entrypoint));
    if (!alone) return;
    io.print('');
    io.print(kubernetesStanza(name, entrypoint));
    return;
  }
  const attachment = attachmentOf(new TextDecoder().decode(bytes), name);
  if (attachment !== undefined) {
    io.print(`${name} confines ${attachment} from its next start; restart running processes.`);
    return;
  }
  // Docker uses this profile by default.
  if (name === 'docker-default') return;
  io.print(`To confine a systemd service with ${name}, add to its unit:`);
  io.print(runArguments('systemd', name));
  io.note(`For a container: docker run $(aa-registry run-args ${name}) IMAGE`);
}
