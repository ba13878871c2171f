import { attachmentWord } from '../../attachments.ts';
import type { LintRule } from '../rule.ts';

export const containerAttachment: LintRule = {
  id: 'container-attachment',
  title: 'Attachment in a package for containers',
  severity: 'error',
  text: 'A container runtime starts a container in a profile by its name. A profile with an attachment, or with a path as its name, also confines each program of the host with that path once it is loaded, which is not what a host that pulls a profile for a container expects. Remove the attachment. A package for programs of the host says so in its manifest: kind = "host"; a host then shows the paths before it installs the package.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/sbin/sshd {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo {\n}\n',
  options: { packageName: 'demo', kind: 'container' },
  always: true,
  check({ analysis, options: { packageName, kind }, report }) {
    if (packageName === undefined || kind === 'host') return;
    for (const { unit, profile, name } of analysis.profiles) {
      const word = unit.name === undefined ? attachmentWord(profile) : undefined;
      if (!word) continue;
      const expected = 'a profile without an attachment, or kind = "host" in the manifest';
      if (kind === 'container' || word === profile.name) {
        const message = `The profile ${name} of a package for containers attaches to ${word.text}.`;
        report(word, message, { expected });
        // Manifests did not always have a kind.
      } else {
        const message = `The profile ${name} attaches to ${word.text}, but the manifest does not say that the package is for the host.`;
        report(word, message, { severity: 'warning', expected: 'kind = "host" in the manifest' });
      }
    }
  },
};
