import { splitName } from '../../syntax/profile-head.ts';
import type { LintRule } from '../rule.ts';
import { shippedUnconfined } from '../unconfined-profiles.ts';

export const unconfinedExec: LintRule = {
  id: 'unconfined-exec',
  title: 'A program runs unconfined',
  severity: 'warning',
  text: 'With ux and Ux, with the target unconfined, and with pux and cux if the profile is not loaded, the program runs without any profile: an attacker who controls the confined program controls an unconfined one. The same is true of profiles that AppArmor ships only to give a program a name, such as runc, podman and busybox. ux and pux also keep variables such as LD_PRELOAD. Give the program a profile (px, cx) or let it inherit this one (ix).',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /usr/bin/helper ux,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /usr/bin/helper Px,\n}\n',
  check({ profiles, expand, report }) {
    for (const profile of profiles) {
      for (const { rule, own, deny } of profile.rules) {
        if (!own || deny || rule.kind !== 'file' || !rule.permissions.exec) continue;
        const { mode, fallback, safe } = rule.permissions.exec;
        const environment = safe ? '' : ', and its environment (LD_PRELOAD …) is not scrubbed';
        const { value = '' } = rule.target ?? {};
        const target = value.includes('@{') ? expand(value, profile) : value;
        // The kernel knows it as the name of a profile.
        const leaves = target !== undefined && splitName(target)?.name === 'unconfined';
        const releases =
          target !== undefined && mode === 'p' ? shippedUnconfined(target, profiles) : undefined;
        if (releases !== undefined)
          report(
            rule.mode,
            `${rule.path.text} runs without confinement${environment}: AppArmor ${releases} ships the profile ${target} with flags=(unconfined).`,
            { expected: 'a profile that confines it, or ix' },
          );
        else if (mode === 'u' || leaves)
          report(rule.mode, `${rule.path.text} runs without any profile${environment}.`, {
            expected: 'Px, Cx or ix',
          });
        else if (fallback === 'u')
          report(
            rule.mode,
            `${rule.path.text} runs without any profile when its own is not loaded${environment}.`,
            { expected: 'Px or Cx, or a fallback to ix' },
          );
      }
    }
  },
};
