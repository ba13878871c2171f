// docs/library.md.
import type { Server } from './server.ts';
import { type Attempt, refused } from './trial.ts';

/** What a trial of a server found. */
export interface Found {
  server: Server;
  /** The release that was tried. */
  version: string;
  attempts: Attempt[];
}

const introduction = `# The library

Packages for servers in containers, which the team \`library\` publishes. Each was tried in Linux 6.1 with AppArmor 3.0 and Debian 12's
package of the server: run as its manifest says, with its user, capabilities, mounts and read-only files, and confined by the profile.
In operation the kernel may log no refusal. The attacks are attempted as root with all capabilities, in a file system that can be
written, so that only the profile can refuse them; without it each succeeds. \`npm run test:system -- library\` repeats the trials and
checks this page.

The trials do not use a container runtime or the official images. Paths of those are in the profiles too, but were not tried.
`;

/** The page, in Markdown. */
export function page(found: readonly Found[]): string {
  const rows = found.map(({ server, version, attempts }) => {
    const steps = [...Object.keys(server.workload), ...Object.keys(server.afterRestart ?? {})];
    const counted = attempts.filter(({ error }) => refused(error)).length + own(server).length;
    const all = attempts.length + own(server).length;
    return `| [${server.name}](../profiles/${server.name}) | ${version} | ${steps.length} | ${counted} of ${all} |`;
  });
  const sections = found.map(({ server, attempts }) => {
    const steps = [
      ...Object.entries(server.workload),
      ...Object.entries(server.afterRestart ?? {}),
    ];
    const permitted = attempts.filter(({ error }) => !refused(error)).map(({ what }) => what);
    return [
      `## ${server.name}`,
      `In operation it ${listed(steps.map(([what]) => what))}.`,
      ...(own(server).length > 0 ? [`Refused to its clients: ${listed(own(server))}.`] : []),
      ...(permitted.length > 0 ? [`Permitted by its purpose: ${listed(permitted)}.`] : []),
    ].join('\n\n');
  });
  const general = new Set(
    found.flatMap(({ attempts }) =>
      attempts.map(({ what }) =>
        what.replace(/(written to|link in) \S+/, '$1 a folder of its data'),
      ),
    ),
  );
  return `${introduction}
| Package | Version | Steps in operation | Attacks refused |
| --- | --- | --- | --- |
${rows.join('\n')}

${sections.join('\n\n')}

## The attacks

Attempted under each profile by a program that has taken over the server:

${[...general].map((what) => `- ${what}`).join('\n')}
`;
}

const own = ({ attacks = {} }: Server): string[] => Object.keys(attacks);

function listed(parts: readonly string[]): string {
  return parts.join('; ');
}
