// What came with which release: the names of the abi files, abstractions and tunables that AppArmor installs, and the
// variables that newer tunables declare. Names only. No release up to now has taken one away.
import { compareReleases, type Release, releases } from './release.ts';

/** The files that each release was the first to bring, below /etc/apparmor.d, by folder. */
const files: Readonly<Record<Release, Readonly<Record<string, string>>>> = {
  '2.13': {
    abstractions:
      'X apache2-common apparmor_api/change_profile apparmor_api/examine apparmor_api/find_mountpoint ' +
      'apparmor_api/introspect apparmor_api/is_enabled aspell audio authentication base bash consoles cups-client ' +
      'dbus dbus-accessibility dbus-accessibility-strict dbus-network-manager-strict dbus-session ' +
      'dbus-session-strict dbus-strict dconf dovecot-common dri-common dri-enumerate enchant exo-open fcitx ' +
      'fcitx-strict fonts freedesktop.org gio-open gnome gnupg gvfs-open hosts_access ibus kde kde-globals-write ' +
      'kde-icon-cache-write kde-language-write kde-open5 kerberosclient ldapclient libpam-systemd likewise mdns ' +
      'mesa mir mozc mysql nameservice nis nvidia opencl opencl-common opencl-intel opencl-mesa opencl-nvidia ' +
      'opencl-pocl openssl orbit2 p11-kit perl php php5 postfix-common private-files private-files-strict python ' +
      'qt5 qt5-compose-cache-write qt5-settings-write recent-documents-write ruby samba smbpass snap_browsers ' +
      'ssl_certs ssl_keys svn-repositories ubuntu-bittorrent-clients ubuntu-browsers ubuntu-browsers.d/java ' +
      'ubuntu-browsers.d/kde ubuntu-browsers.d/mailto ubuntu-browsers.d/multimedia ' +
      'ubuntu-browsers.d/plugins-common ubuntu-browsers.d/productivity ubuntu-browsers.d/text-editors ' +
      'ubuntu-browsers.d/ubuntu-integration ubuntu-browsers.d/ubuntu-integration-xul ubuntu-browsers.d/user-files ' +
      'ubuntu-console-browsers ubuntu-console-email ubuntu-email ubuntu-feed-readers ubuntu-gnome-terminal ' +
      'ubuntu-helpers ubuntu-konsole ubuntu-media-players ubuntu-unity7-base ubuntu-unity7-launcher ' +
      'ubuntu-unity7-messaging ubuntu-xterm user-download user-mail user-manpages user-tmp user-write video ' +
      'vulkan wayland web-data winbind wutmp xad xdg-desktop xdg-open',
    tunables:
      'alias apparmorfs dovecot global home home.d/site.local kernelvars multiarch multiarch.d/site.local ntpd ' +
      'proc run securityfs share sys xdg-user-dirs xdg-user-dirs.d/site.local',
  },
  '3.0': {
    abi: '3.0 kernel-5.4-outoftree-network kernel-5.4-vanilla',
    abstractions:
      'crypto groff gtk nss-systemd php-worker samba-rpcd trash ubuntu-browsers.d/chromium-browser',
    tunables: 'etc',
  },
  '3.1': {},
  '4.0': {
    abi: '4.0',
    abstractions: 'transmission-common',
  },
  '4.1': {
    abi: '4.0-ip',
    abstractions:
      'alts authd devices-usb devices-usb-read golang nameservice-strict opengl qt6 qt6-compose-cache-write ' +
      'qt6-settings-write terminfo',
    tunables: 'system',
  },
  '5.0': {
    abi: '5.0 5.0-interface',
    abstractions: 'frr frr-snmp glycin libnuma psi-read psi-read-poll',
    tunables: 'gs print-devices rygel',
  },
  '6.0': {
    abstractions: 'upki',
  },
};

/** The variables of the tunables that came after the oldest release, by file. */
const variables: Readonly<Record<string, string>> = {
  'tunables/etc': 'etc_ro etc_rw',
  'tunables/gs': 'gs_file_ext',
  'tunables/print-devices': 'print_devices',
  'tunables/rygel': 'rygel_media_dirs',
  'tunables/system':
    'd l c w h int hex rand word u8 u16 u32 u64 int2 int4 int6 int8 int9 int10 int12 int15 int16 int32 int64 hex2 ' +
    'hex4 hex6 hex8 hex9 hex10 hex12 hex15 hex16 hex32 hex38 hex64 rand2 rand4 rand6 rand8 rand9 rand10 rand12 ' +
    'rand15 rand16 rand32 rand64 word2 word4 word6 word8 word9 word10 word12 word15 word16 word32 word64 pci_bus',
};

/** Of the tunables above, those that <tunables/global> includes. */
const global: readonly string[] = ['tunables/etc', 'tunables/system'];

const since = new Map<string, Release>();
for (const release of releases) {
  for (const [folder, names] of Object.entries(files[release])) {
    for (const name of names.split(' ')) {
      // A folder came with its first file.
      const parts = `${folder}/${name}`.split('/');
      for (let length = 1; length <= parts.length; length++) {
        const path = parts.slice(0, length).join('/');
        if (!since.has(path)) since.set(path, release);
      }
    }
  }
}
const variableFiles = new Map(
  Object.entries(variables).flatMap(([file, names]) =>
    names.split(' ').map((name) => [name, file] as const),
  ),
);

/** The release that brought a file or folder of the base policy (`abstractions/base`); undefined for any other. */
export function fileSince(path: string): Release | undefined {
  return since.get(path.replace(/\/+$/, ''));
}

/** The release whose tunables were the first to declare a variable; undefined for any other, and for the oldest. */
export function variableSince(name: string): Release | undefined {
  const file = variableFiles.get(name);
  return file === undefined ? undefined : fileSince(file);
}

/** The variables that a tunables file, read whole, declares in a release, as far as the oldest had them not. */
export function variablesOf(path: string, release: Release): string[] {
  const read = path === 'tunables/global' ? global : [path];
  return read.flatMap((file) => {
    const came = fileSince(file);
    const has = came !== undefined && compareReleases(came, release) <= 0;
    return has ? (variables[file]?.split(' ') ?? []) : [];
  });
}

/** Every file of the base policy of a release, in no particular order. */
export function filesOf(release: Release): string[] {
  return releases
    .filter((one) => compareReleases(one, release) <= 0)
    .flatMap((one) =>
      Object.entries(files[one]).flatMap(([folder, names]) =>
        names.split(' ').map((name) => `${folder}/${name}`),
      ),
    );
}
