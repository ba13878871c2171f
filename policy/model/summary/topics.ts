// What the lines of a summary are about, and how dangerous that is.

export type SummarySeverity = 'critical' | 'high' | 'medium' | 'low';

export interface Topic {
  severity: SummarySeverity;
  /** What the profile permits, as a sentence without a subject and without a full stop. */
  text: string;
}

/** Every topic by its id, the most dangerous first: the order of the lines. */
export const topics = {
  mode: { severity: 'critical', text: 'Is not held to its rules' },
  unconfined: { severity: 'critical', text: 'Leaves its confinement' },
  'run-writable': { severity: 'critical', text: 'Runs or maps as code what it can write itself' },
  'control-socket': {
    severity: 'critical',
    text: 'Writes to sockets of programs that run others with any rights',
  },
  'write-trusted': {
    severity: 'critical',
    text: 'Changes files that programs with more rights execute or trust',
  },
  'write-kernel': { severity: 'critical', text: 'Changes settings of the kernel and its drivers' },
  'powerful-capability': { severity: 'critical', text: 'Has capabilities that amount to root' },
  'kernel-memory': { severity: 'critical', text: 'Reads or writes the memory of the system' },
  'write-disk': { severity: 'critical', text: 'Writes to disks' },
  'dbus-control': {
    severity: 'critical',
    text: 'Asks systemd over D-Bus to run programs without this profile',
  },
  'change-profile': { severity: 'high', text: 'Changes to another profile' },
  'write-programs': { severity: 'high', text: 'Changes installed programs and libraries' },
  'write-etc': { severity: 'high', text: 'Changes the configuration of the system' },
  device: { severity: 'high', text: 'Reads or writes devices' },
  mount: { severity: 'high', text: 'Changes what is mounted' },
  'link-sensitive': {
    severity: 'high',
    text: 'Makes hard links to secrets and files of the system, or in their places',
  },
  'read-secrets': { severity: 'high', text: 'Reads secrets' },
  'ptrace-others': { severity: 'high', text: 'Traces or reads processes of other profiles' },
  'network-raw': { severity: 'high', text: 'Sends and receives raw packets' },
  'dbus-eavesdrop': { severity: 'high', text: 'Reads all messages of a D-Bus' },
  'strong-capability': {
    severity: 'high',
    text: 'Has capabilities to act as other users, or to reach out of a container',
  },
  userns: { severity: 'medium', text: 'Creates user namespaces' },
  io_uring: { severity: 'medium', text: 'Uses io_uring with a kernel thread or other credentials' },
  'run-profile': { severity: 'medium', text: 'Runs programs under another profile' },
  'run-shell': { severity: 'medium', text: 'Runs shells and interpreters under this profile' },
  run: { severity: 'medium', text: 'Runs programs under this profile' },
  'write-home': { severity: 'medium', text: 'Writes below home directories' },
  'write-process': { severity: 'medium', text: 'Writes files of processes in /proc' },
  'write-other': { severity: 'medium', text: 'Writes elsewhere' },
  capability: { severity: 'medium', text: 'Has other capabilities' },
  'signal-send': { severity: 'medium', text: 'Sends signals to processes of other profiles' },
  network: { severity: 'medium', text: 'Uses the network' },
  'not-mediated': { severity: 'medium', text: 'Is not restricted by its abi in these classes' },
  'read-home': { severity: 'medium', text: 'Reads below home directories' },
  'write-data': { severity: 'low', text: 'Writes state below /run and /var' },
  'write-temporary': { severity: 'low', text: 'Writes temporary files' },
  'write-terminal': { severity: 'low', text: 'Writes to terminals and harmless devices' },
  netlink: { severity: 'low', text: 'Talks to the kernel over netlink' },
  unix: { severity: 'low', text: 'Uses unix sockets' },
  dbus: { severity: 'low', text: 'Uses D-Bus' },
  mqueue: { severity: 'low', text: 'Uses message queues' },
  'ptrace-own': { severity: 'low', text: 'Traces processes of its own profile, or is traced' },
  'signal-own': { severity: 'low', text: 'Signals processes of its own profile, or is signalled' },
  map: { severity: 'low', text: 'Maps files as code' },
  'read-system': { severity: 'low', text: 'Reads below /proc, /sys and /dev' },
  'read-other': { severity: 'low', text: 'Reads other files' },
  link: { severity: 'low', text: 'Makes hard links' },
  lock: { severity: 'low', text: 'Locks files' },
} as const satisfies Readonly<Record<string, Topic>>;

export type TopicId = keyof typeof topics;
