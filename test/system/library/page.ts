// docs/library.md.
import type { Record } from './record.ts';
import type { Server } from './server.ts';

/** A server and the record of its trial. */
export interface Tried {
  server: Server;
  record: Record;
}

const introduction = `# The library

Packages for servers in containers, which the team \`library\` publishes. Each was tried in Linux 6.1 with AppArmor 3.0 and Debian 12's
package of the server: run as its manifest says, with its user, capabilities, mounts and read-only files, and confined by the profile.
In operation the kernel may log no refusal. The attacks are attempted as root with all capabilities, in a file system that can be
written, so that only the profile can refuse them; without it each succeeds. \`npm run test:system -- library\` repeats the trials,
and \`npm test\` checks that this page says what they found.

The trials do not use a container runtime or the official images. Paths of those are in the profiles too, but were not tried.
`;

/** The page, in Markdown. */
export function page(tried: readonly Tried[]): string {
  const rows = tried.map(({ server, record }) => {
    const own = Object.keys(server.attacks ?? {}).length;
    const attacks = Object.values(record.refused);
    const refused = attacks.filter(Boolean).length + own;
    return `| [${server.name}](../profiles/${server.name}) | ${record.version} | ${steps(server).length} | ${refused} of ${attacks.length + own} |`;
  });
  const general = new Set(
    tried.flatMap(({ record }) => Object.keys(record.refused).map(ofAnyFolder)),
  );
  return `${introduction}
| Package | Version | Steps in operation | Attacks refused |
| --- | --- | --- | --- |
${rows.join('\n')}

${tried.map(section).join('\n\n')}

## The attacks

Attempted under each profile, by a program that has taken over the server:

${[...general].map((what) => `- ${what}`).join('\n')}
`;
}

function section({ server, record }: Tried): string {
  const clients = Object.keys(server.attacks ?? {});
  const permitted = Object.keys(record.refused).filter((what) => !record.refused[what]);
  return [
    `## ${server.name}`,
    `In operation: ${steps(server).join('; ')}.`,
    ...(clients.length > 0 ? [`Refused to its clients: ${clients.join('; ')}.`] : []),
    ...(permitted.length > 0 ? [`Permitted by its purpose: ${permitted.join('; ')}.`] : []),
  ].join('\n\n');
}

function steps({ workload, afterRestart = {} }: Server): string[] {
  return [...Object.keys(workload), ...Object.keys(afterRestart)];
}

/** An attack, without the folder of the server that it is made in. */
function ofAnyFolder(attack: string): string {
  return attack.replace(/(written to|link in) \S+/, '$1 a folder of its data');
}
