// The profiles of AppArmor's own that confine nothing.
import { compareReleases, type Release } from '../release.ts';
import { splitName } from '../syntax/profile-head.ts';
import type { LintedProfile } from './rule.ts';

/**
 * Profiles that AppArmor ships with `flags=(unconfined)`, so that the program has a label and may create user
 * namespaces, and the last release that does, where newer ones confine it. From profiles/apparmor.d of v4.0.3, v4.1.8,
 * v5.0.2 and v6.0.0-alpha1.
 */
const shipped: readonly { since: Release; until?: Release; names: string }[] = [
  {
    since: '4.0',
    names:
      '1password Discord QtWebEngineProcess balena-etcher brave buildah busybox cam ch-checkns ch-run chrome chromium crun devhelp element-desktop epiphany evolution firefox flatpak foliate geary github-desktop goldendict kchmviewer keybase lc-compliance libcamerify linux-sandbox loupe lxc-attach lxc-create lxc-destroy lxc-execute lxc-stop lxc-unshare lxc-usernsexec mmdebstrap msedge nautilus notepadqq obsidian opam opera pageedit podman polypane privacybrowser qcam qmapshack qutebrowser rootlesskit rpm rssguard runc scide signal-desktop slack slirp4netns steam stress-ng surfshark systemd-coredump thunderbird trinity tup tuxedo-control-center userbindmount uwsgi-core vdens virtiofsd vivaldi-bin vpnns vscode wike wpcom',
  },
  { since: '4.0', until: '4.1', names: 'ipa_verify toybox' },
  {
    since: '4.0',
    until: '4.0',
    names:
      'sbuild sbuild-abort sbuild-adduser sbuild-apt sbuild-checkpackages sbuild-clean sbuild-createchroot sbuild-destroychroot sbuild-distupgrade sbuild-hold sbuild-shell sbuild-unhold sbuild-update sbuild-upgrade',
  },
];

const releasesOf = new Map(
  shipped.flatMap(({ since, until, names }) => {
    const which =
      until === undefined
        ? `${since} and newer`
        : compareReleases(since, until) === 0
          ? since
          : `${since} to ${until}`;
    return [...names.split(' '), ...(until === undefined ? ['MongoDB Compass'] : [])].map(
      (name) => [name, which] as const,
    );
  }),
);

/**
 * The releases that ship the profile that a transition names as one that confines nothing, such as `4.0 and newer`;
 * undefined for other names, those of the file's own profiles, and those in another namespace.
 */
export function shippedUnconfined(
  target: string,
  own: readonly LintedProfile[],
): string | undefined {
  const parts = splitName(target);
  if (!parts || parts.namespace !== undefined) return undefined;
  const { name } = parts;
  return own.some(({ report }) => report.name === name) ? undefined : releasesOf.get(name);
}
