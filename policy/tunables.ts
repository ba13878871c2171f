// What the tunables that AppArmor ships usually hold. Advice uses them where the files themselves are not at hand;
// whether a policy is valid never depends on them.
export const usualTunables: Readonly<Record<string, readonly string[]>> = {
  HOME: ['@{HOMEDIRS}/*/', '/root/'],
  HOMEDIRS: ['/home/'],
  PROC: ['/proc/'],
  sys: ['/sys/'],
  run: ['/run/', '/var/run/'],
  securityfs: ['/sys/kernel/security/'],
  pid: ['{[1-9],[1-9][0-9],[1-9][0-9][0-9]*}'],
  pids: ['{[1-9],[1-9][0-9],[1-9][0-9][0-9]*}'],
  tid: ['{[1-9],[1-9][0-9],[1-9][0-9][0-9]*}'],
  uid: ['{[0-9],[1-9][0-9]*}'],
  uids: ['{[0-9],[1-9][0-9]*}'],
  multiarch: ['*-linux-gnu*'],
  etc_ro: ['/etc/', '/usr/etc/'],
  etc_rw: ['/etc/'],
  apparmorfs: ['/sys/kernel/security/apparmor/'],
};

/** The file that declares those that nearly every profile needs, as an include names it. */
export const globalTunables = 'tunables/global';

/** What is missing where a variable is not declared: the include that is there for it, else `otherwise`. */
export function declaration(name: string, otherwise?: string): string {
  return otherwise === undefined || Object.hasOwn(usualTunables, name)
    ? `include <${globalTunables}> before the first profile`
    : otherwise;
}
