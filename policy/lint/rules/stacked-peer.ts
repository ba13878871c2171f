import { ptraceString } from '../../model/classes/ptrace.ts';
import { signalString } from '../../model/classes/signal.ts';
import type { EffectiveRule } from '../../model/effective-rule.ts';
import type { ProfileModel } from '../../model/profile-model.ts';
import type { LintRule } from '../rule.ts';

/** What a process of the container does to another: the class, the permission and the string for a peer's label. */
const operations = [
  { class: 'signal', permission: 'send', to: (peer: string) => signalString('term', peer) },
  { class: 'ptrace', permission: 'trace', to: ptraceString },
  { class: 'ptrace', permission: 'read', to: ptraceString },
] as const;

export const stackedPeer: LintRule = {
  id: 'stacked-peer',
  title: 'A rule for the profile’s own processes misses stacked labels',
  severity: 'info',
  text: 'A process of a container may have a stacked label: where crun is confined, the first one has `crun//&NAME`; with containerd on kernels from 6.17, one that `exec` starts has `NAME//&unconfined`. The kernel matches the pattern of `peer=` with the whole label, or with each profile of it. A pattern with only the name of the profile does neither, so signals to these processes fail and they can’t be traced.',
  fires:
    'abi <abi/3.0>,\nprofile docker-demo flags=(attach_disconnected) {\n  file,\n  signal (send, receive) peer=docker-demo,\n}\n',
  clean:
    'abi <abi/3.0>,\nprofile docker-demo flags=(attach_disconnected) {\n  file,\n  signal (send, receive) peer={docker-demo,*//&docker-demo,docker-demo//&*},\n}\n',
  options: { kind: 'container' },
  check({ profiles, report }) {
    for (const { model, container } of profiles) {
      if (!container || model.mode === 'unconfined') continue;
      const { name } = model;
      const found = new Set<EffectiveRule>();
      for (const operation of operations) {
        const { granted, rules } = ask(model, operation, name);
        if (granted !== true) continue;
        const missed = [`crun//&${name}`, `${name}//&unconfined`].some((label) =>
          isRefused(model, operation, label),
        );
        if (missed) for (const one of rules) if (one.own && !one.deny) found.add(one);
      }
      for (const { rule } of found) {
        report(rule, `This does not match ${name} as a part of a stacked label.`, {
          expected: 'peer={@{profile_name},*//&@{profile_name},@{profile_name}//&*}',
        });
      }
    }
  },
};

type Operation = (typeof operations)[number];

const ask = (model: ProfileModel, { class: of, permission, to }: Operation, peer: string) =>
  model.ask(of, permission, to(peer) ?? '');

/** Whether neither the label nor each profile of it is granted (aa_label_match in the kernel's label.c). */
function isRefused(model: ProfileModel, operation: Operation, label: string): boolean {
  if (ask(model, operation, label).granted !== false) return false;
  return label.split('//&').some((one) => ask(model, operation, one).granted === false);
}
