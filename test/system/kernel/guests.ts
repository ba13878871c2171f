/** A guest: a Debian release, and the packages on its disk besides a kernel, busybox and Node. */
export interface Guest {
  /** Names it in the cache. */
  name: string;
  suite: string;
  packages: string[];
  /** Whether the packages that these depend on are installed as well. */
  dependencies?: boolean;
  /** Packages of which only some programs are installed: the others need more libraries or would hide busybox's. */
  programs: Record<string, string[]>;
  /** The init process: a small script, or Debian's systemd. */
  init: 'script' | 'systemd';
  /** Whether its disk has the modules of the kernel, for programs that load them. */
  modules?: boolean;
  hardware?: Hardware;
}

/** What qemu emulates. */
export interface Hardware {
  processors: number;
  /** In MiB. */
  memory: number;
  /** The size of the disk in MiB; what is not written takes no space. */
  disk: number;
}

export const smallMachine: Hardware = { processors: 1, memory: 1024, disk: 512 };

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
  name: 'debian-12',
  suite: 'bookworm',
  packages: common,
  programs: { 'util-linux': ['usr/bin/flock', 'usr/bin/prlimit'] },
  init: 'script',
};

/** Linux 6.12 and AppArmor 4.1, started by systemd. */
export const debian13: Guest = {
  name: 'debian-13',
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

/** Debian 12 with its Docker: Docker 20.10, runc 1.1. */
export const docker12: Guest = {
  name: 'docker-12',
  suite: 'bookworm',
  packages: [
    ...['apparmor', 'bash', 'busybox-static', 'curl', 'dash', 'docker.io', 'iproute2', 'iptables'],
    ...['kmod', 'libstdc++6', 'mount', 'perl-base', 'procps', 'socat', 'util-linux'],
  ],
  dependencies: true,
  programs: {},
  init: 'script',
  modules: true,
  hardware: { processors: 2, memory: 2560, disk: 2500 },
};

/** Debian 12 with servers, among them those that the shipped packages confine. */
export const library12: Guest = {
  name: 'library-12',
  suite: 'bookworm',
  packages: [
    ...['apparmor', 'bash', 'busybox-static', 'curl', 'dash', 'libstdc++6', 'mount', 'perl-base'],
    ...['procps', 'util-linux'],
    ...['redis-server', 'memcached', 'haproxy', 'apache2', 'postgresql-15', 'mosquitto'],
    ...['mosquitto-clients', 'mariadb-server', 'php8.2-fpm', 'tomcat10', 'git', 'make'],
  ],
  dependencies: true,
  programs: {},
  init: 'script',
  hardware: { processors: 2, memory: 2560, disk: 4000 },
};
