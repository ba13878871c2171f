import { splitFlag } from '../../syntax/profile-head.ts';
import type { LintRule } from '../rule.ts';

export const attachDisconnected: LintRule = {
  id: 'attach-disconnected',
  title: 'Container profile without attach_disconnected',
  severity: 'warning',
  text: 'A container can see files whose path does not lead to its root, for example through inherited file descriptors. Without attach_disconnected every access to them is refused, with “Failed name lookup - disconnected path” in the log.',
  fires: 'abi <abi/3.0>,\nprofile docker-demo {\n}\n',
  clean: 'abi <abi/3.0>,\nprofile docker-demo flags=(attach_disconnected, mediate_deleted) {\n}\n',
  check({ profiles, report }) {
    for (const { container, report: one } of profiles) {
      if (!container) continue;
      const names = (one.profile.flags?.values ?? []).map((flag) => splitFlag(flag.value).name);
      if (
        names.some(
          (name) =>
            name === 'attach_disconnected' ||
            name === 'attach_disconnected.path' ||
            name === 'unconfined',
        )
      )
        continue;
      report(
        one.profile.name,
        'This profile refuses all access to disconnected paths, which containers use.',
        {
          expected: 'flags=(attach_disconnected, mediate_deleted)',
        },
      );
    }
  },
};
