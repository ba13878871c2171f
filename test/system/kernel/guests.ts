/** A Debian that machines run: its release, and what of it is on their disk beside a kernel, busybox and Node. */
export interface Guest {
  suite: string;
  packages: string[];
  /** Of these packages only some programs: the others need more libraries, or would stand before busybox's. */
  programs: Record<string, string[]>;
  /** The first process: a small script of ours, or what Debian has. */
  init: 'script' | 'systemd';
}

/** What Node, apparmor_parser and a shell need. */
const common = [
  'apparmor',
  'busybox-static',
  'dash',
  'libc-bin',
  'libc6',
  'libcrypt1',
  'libgcc-s1',
  'libsmartcols1',
  'libstdc++6',
  'perl-base',
];

/** Linux 6.1 and AppArmor 3.0, started with no more than AppArmor needs of a boot. */
export const debian12: Guest = {
  suite: 'bookworm',
  packages: common,
  programs: { 'util-linux': ['usr/bin/flock', 'usr/bin/prlimit'] },
  init: 'script',
};

/** Linux 6.12 and AppArmor 4.1, started by systemd. */
export const debian13: Guest = {
  suite: 'trixie',
  packages: [
    ...common,
    ...['systemd', 'libsystemd-shared', 'libsystemd0', 'libapparmor1', 'libaudit1', 'libcap-ng0'],
    ...['libacl1', 'libcap2', 'libpam0g', 'libseccomp2', 'libssl3t64', 'libzstd1', 'zlib1g'],
    ...['mount', 'libmount1', 'libblkid1', 'libselinux1', 'libpcre2-8-0'],
  ],
  programs: { 'util-linux': ['usr/bin/flock', 'usr/bin/prlimit'] },
  init: 'systemd',
};
