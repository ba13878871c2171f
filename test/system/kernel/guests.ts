/** A guest: a Debian release, and the packages on its disk besides a kernel, busybox and Node. */
export interface Guest {
  suite: string;
  packages: string[];
  /** Packages of which only some programs are installed: the others need more libraries or would hide busybox's. */
  programs: Record<string, string[]>;
  /** The init process: a small script, or Debian's systemd. */
  init: 'script' | 'systemd';
}

/** Requirements of Node, apparmor_parser and a shell. */
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

/** Linux 6.1 and AppArmor 3.0, with a minimal boot. */
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
