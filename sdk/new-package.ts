import { quoted } from '../policy/index.ts';
import { defaultTeam } from '../trust/index.ts';

// Templates of a new package, for its author to complete.

/** The fields of a new package's manifest. */
export interface NewManifest {
  name: string;
  team?: string | undefined;
  description: string;
  abi: string;
}

/** A manifest with comments on the fields that its author should check. */
export function manifestText({ name, team = defaultTeam, description, abi }: NewManifest): string {
  return `name = "${name}"
team = "${team}"  # the team that publishes it
description = "${description}"  # what it is for, in one sentence
images = []  # the container images that it is for, such as "nginx"
abi = "${abi}"
license = "LicenseRef-proprietary"  # the SPDX id of its license, such as "MIT"
`;
}

/** A profile with the rules that nearly every program needs, and places for the rest. */
export function profileSkeleton(name: string, abi: string): string {
  return `# Rules that the program needs go below: run it in complain mode, then add what "aa-registry denials --patch" suggests.
# For a program of the host, put its path behind the name: profile ${quoted(name)} /usr/bin/program {

abi <abi/${abi}>,

include <tunables/global>

profile ${quoted(name)} flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>

  # Rules that an administrator adds on a host.
  include if exists <local/${name}>
}
`;
}

/** A README for the people who choose the profile and run it. */
export function readmeText(name: string, team = defaultTeam): string {
  return `# ${name}

What this profile confines, what it allows, and what it does not.

## Use

\`\`\`sh
sudo aa-registry pull ${team === defaultTeam ? '' : `${team}/`}${name}
docker run --security-opt apparmor=${name} IMAGE
\`\`\`
`;
}
