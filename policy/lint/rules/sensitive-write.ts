import { outline } from '../../glob/related.ts';
import type { EffectiveRule } from '../../model/effective-rule.ts';
import { allIn, fileRules } from '../file-rules.ts';
import type { LintRule } from '../rule.ts';

/** Files that let a writer act as another user: a representative path for each, and how. */
const places: readonly (readonly [path: string, how: string])[] = [
  ['/etc/passwd', 'it makes accounts'],
  ['/etc/shadow', 'it sets the passwords of all accounts'],
  ['/etc/sudoers', 'it gives root rights'],
  ['/etc/ld.so.preload', 'every program loads what is named there'],
  ['/etc/cron.d/x', 'cron runs what is written there, as root'],
  ['/etc/systemd/system/x.service', 'systemd runs what is written there, as root'],
  ['/etc/profile.d/x.sh', 'every shell runs what is written there'],
  ['/etc/pam.d/sshd', 'it decides who may log in'],
  ['/etc/apparmor.d/x', 'the profiles of the next boot are there, this one too'],
  ['/root/.ssh/authorized_keys', 'it lets a key log in as root'],
  ['/home/x/.ssh/authorized_keys', 'it lets a key log in as the user'],
  ['/home/x/.bashrc', 'the next shell of the user runs what is written there'],
  ...['docker.sock', 'containerd/containerd.sock', 'podman/podman.sock', 'crio/crio.sock'].flatMap(
    (name) =>
      ['/run/', '/var/run/'].map(
        (folder) =>
          [folder + name, 'it starts containers, which may have all of the host'] as const,
      ),
  ),
];

const everything = outline('/**');

export const sensitiveWrite: LintRule = {
  id: 'sensitive-write',
  title: 'Writing a file that grants privileges',
  severity: 'info',
  text: 'Some files are executed or trusted by programs with more privileges. A program that can write one can soon escape this profile. If the program is meant to write it, say so in a comment.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/** rw,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /etc/** r,\n  /etc/demo.conf rw,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      if (profile.container) continue;
      const rules = fileRules(context, profile);
      // Rules for everything are reported as such.
      const wide = new Set(
        rules.all
          .filter(({ effective }) => effective.own && !effective.deny)
          .filter((one) => allIn(context, everything, [one]))
          .map(({ effective }) => effective),
      );
      const found = new Map<EffectiveRule, string[]>();
      for (const [path, how] of places) {
        // A file may belong to whom the program runs as. What is appended counts as well.
        const { owner } = profile.model.file('a', path);
        const by = owner.granted !== false ? owner.rules.find(({ own }) => own) : undefined;
        if (by?.rule.kind !== 'file' || wide.has(by)) continue;
        found.set(by, [...(found.get(by) ?? []), `${path}: ${how}`]);
      }
      for (const [{ rule }, reasons] of found) {
        const more = reasons.length > 1 ? ` And ${reasons.length - 1} more like it.` : '';
        context.report(rule, `This allows writing ${reasons[0]}.${more}`, {
          expected: 'the files the program is meant to write',
        });
      }
    }
  },
};
