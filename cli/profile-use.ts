import { attachmentsIn } from '../sdk/attachments.ts';
import type { VerifiedProfile } from '../sdk/resolve/index.ts';
import { dockerRunLine, kubernetesStanza, profileToRun, runArguments } from '../sdk/run-args.ts';
import { definedProfiles } from '../trust/index.ts';
import type { Io } from './terminal/io.ts';

/** Prints how to use an installed profile with a container, a service or a program of the host. */
export function reportUse(io: Io, verified: VerifiedProfile, alone: boolean): void {
  const { manifest } = verified;
  const name = profileToRun(verified.name, definedProfiles(verified));
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
  const attached = attachmentsIn(verified);
  for (const { profile, path } of attached) {
    io.print(`${profile} confines ${path} from its next start; restart running processes.`);
  }
  if (attached.length > 0) return;
  // Docker uses this profile by default.
  if (name === 'docker-default') return;
  io.print(`To confine a systemd service with ${name}, add to its unit:`);
  io.print(runArguments('systemd', name));
  io.note(`For a container: docker run $(aa-registry run-args ${name}) IMAGE`);
}
