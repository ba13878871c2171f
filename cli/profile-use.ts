import { attachmentsIn } from '../sdk/attachments.ts';
import { installedPath } from '../sdk/host/state.ts';
import type { VerifiedProfile } from '../sdk/resolve/index.ts';
import { definedProfiles } from '../trust/index.ts';
import { dockerRunLine, profileToRun, runLines, runOf } from '../trust/run/index.ts';
import { pathOf } from './installed.ts';
import { type Io, visibleLine } from './terminal/io.ts';

/** Prints how to use an installed profile with a container, a service or a program of the host. */
export function reportUse(io: Io, verified: VerifiedProfile, alone: boolean): void {
  const { manifest } = verified;
  const name = profileToRun(verified.name, definedProfiles(verified));
  if (alone) io.note(`About: ${manifest.description}`);
  const [image] = manifest.images;
  const found = runOf(manifest);
  if (!found.ok) {
    const why = visibleLine(`${found.field}: ${found.reason} [${found.id}]`);
    io.note(`Warning: how to run ${pathOf(verified)} is not shown: ${why}.`);
    return;
  }
  const line = { profile: name, file: installedPath('/', verified), run: found.run };
  if (image !== undefined) {
    io.print(dockerRunLine(line, image));
    if (!alone) return;
    io.print('');
    io.print(runLines('kubernetes', line));
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
  io.print(runLines('systemd', line));
  io.note(`For a container: docker run $(aa-registry run-args ${name}) IMAGE`);
}
