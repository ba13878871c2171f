import type { Explanation } from './raw-diagnostic.ts';

/** What a registry reports about a package beside its policy. The ids are part of the public interface. */
export const packageDiagnostics = {
  'readme-limit': {
    title: 'README too large for a page',
    severity: 'error',
    text: 'The registry shows a README as HTML, which it makes once, when the package is published. How much text, how many marks, how deep and how much HTML that may be is limited, far above what people write; the message says which limit was exceeded. Shorten the README, or write tables and nested lists as plain paragraphs.',
  },
  'hidden-text': {
    title: 'Invisible character in a description or README',
    severity: 'warning',
    text: 'A character that is invisible, or that turns the text around it (UAX 9), can make a description, a README or a command in it look different from what it is. The registry and the command line show such characters escaped. Delete it; in emoji they are allowed.',
  },
  'unchanged-template': {
    title: 'Part of a package that is still the template',
    severity: 'warning',
    text: '"aa-registry init" writes a profile without rules for any program, a README and a description for the author to complete. One of them is as it was written. Versions never change, so complete it before publishing: add the rules that the program needs, and say in the description and the README what the profile confines.',
  },
  'variant-release': {
    title: 'Variant for a release that lint does not know',
    severity: 'error',
    text: 'Each key of [variants] in a manifest is an AppArmor release, such as "4.0": its file is for that release and those up to the next key. Lint checks each file with the rules of its releases, so it has to know them. Name a release that it knows; the message lists them.',
  },
  'run-weakens': {
    title: 'Run line that weakens confinement',
    severity: 'error',
    text: 'The manifest may say how to run a container of the package ([run]), and hosts print commands from it that people copy. It must not undo what the profile confines: no privileged containers, no other security options, no namespaces, devices or files of the host, no socket of a container runtime, nothing mounted on / or below /proc, /sys and /dev, and no capability that containers lack by default. Delete the field that the message names; who runs the container can still add such an option.',
  },
  'run-invalid': {
    title: 'Run line that can’t be written',
    severity: 'error',
    text: 'The manifest says how to run a container of the package ([run]) in a way that can’t be written as a command or as a file for each container runtime: a field is unknown, contradicts another, or has a value that they do not accept. The message names the field and says what it may be. On a host, an unknown field means that the package is for a newer release of this program.',
  },
  'analysis-limit': {
    title: 'Package that takes too long to analyse',
    severity: 'error',
    text: 'A registry analyses each package once, within limits of time and memory that ordinary packages stay far below. This one exceeded them, so it was not stored. If the package is ordinary, the registry may have been overloaded: publish it again.',
  },
} as const satisfies Record<string, Explanation>;
