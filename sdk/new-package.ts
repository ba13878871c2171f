import { type Diagnostic, lineAt, quoted } from '../policy/index.ts';
import { defaultTeam } from '../trust/index.ts';

// Templates of a new package, for its author to complete.

/** The fields of a new package's manifest. */
export interface NewManifest {
  name: string;
  team?: string | undefined;
  description: string;
  abi: string;
  /** The profiles of a file that defines others than the one with the package's name. */
  profiles?: readonly string[] | undefined;
  /** Whether it is for programs of the host. */
  isForHost?: boolean | undefined;
}

/** A manifest with comments on the fields that its author should check. */
export function manifestText({
  name,
  team = defaultTeam,
  description,
  abi,
  profiles,
  isForHost = false,
}: NewManifest): string {
  const purpose = isForHost
    ? 'kind = "host"  # its profiles attach to programs of the host'
    : 'images = []  # the container images that it is for, such as "nginx"';
  const defined = profiles ? `\nprofiles = ${JSON.stringify(profiles)}` : '';
  return `name = "${name}"
team = "${team}"  # the team that publishes it
description = "${description}"  # what it is for, in one sentence
${purpose}${defined}
abi = "${abi}"
license = "LicenseRef-proprietary"  # the SPDX id of its license, such as "MIT"
`;
}

/** The description of a new package, for its author to replace. */
export function descriptionTemplate(name: string): string {
  return `Confines ${name}`;
}

/** A profile with the rules that nearly every program needs, and places for the rest. */
export function profileSkeleton(name: string, abi: string): string {
  return `# Rules that the program needs go below: run it in complain mode, then add what "aa-registry denials --patch" suggests.
# For a program of the host, put its path behind the name: profile ${quoted(name)} /usr/bin/program {

abi <abi/${abi}>,

include <tunables/global>

profile ${quoted(name)} flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>
${localInclude(name).join('\n')}
}
`;
}

/** The lines that end a profile: the include of the rules that a host's administrator adds. */
export function localInclude(name: string): string[] {
  return [
    '',
    '  # Rules that an administrator adds on a host.',
    `  include if exists <local/${name}>`,
  ];
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

/** A package's files and their contents. */
export interface PackageTexts {
  name: string;
  team: string;
  description: string;
  abi: string;
  manifest: { file: string; text: string };
  profile: { file: string; text: string };
  readme: { file: string; text: string } | undefined;
}

/** Warnings about the parts of a package that are still the template. */
export function templateDiagnostics(parts: PackageTexts): Diagnostic[] {
  const { name, team, description, abi, manifest, profile, readme } = parts;
  const found: Diagnostic[] = [];
  const report = (
    message: string,
    { file, text }: { file: string; text: string },
    mark: RegExp,
  ) => {
    const offset = Math.max(0, text.search(mark));
    const start = { offset, line: lineAt(text, offset), column: 1 };
    const span = { start, end: start };
    found.push({ id: 'unchanged-template', severity: 'warning', message, span, file });
  };
  if (withoutComments(profile.text) === withoutComments(profileSkeleton(name, abi))) {
    const message = 'The profile has no rules for its program yet, so no program can run under it.';
    report(message, profile, /^profile /m);
  }
  if (description === descriptionTemplate(name)) {
    report('The description is still the template.', manifest, /^description\b/m);
  }
  if (readme && readme.text.trim() === readmeText(name, team).trim()) {
    report('The README is still the template.', readme, /^/);
  }
  return found;
}

function withoutComments(text: string): string {
  return text.replace(/^[ \t]*#(?!include).*$/gm, '').replace(/\s+/g, ' ');
}
