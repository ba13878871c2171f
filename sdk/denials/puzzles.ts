// What denials mean that don't explain themselves.
import { fieldOf } from './event.ts';
import type { Finding } from './finding.ts';
import { profilesOf, ruledBy, rulingProfiles } from './label.ts';
import { adviceOnMaker } from './made-profiles.ts';

export interface Explanation {
  id: string;
  text: string;
}

interface Puzzle {
  id: string;
  /** With `known`, a file of this host defines the profile. */
  is: (finding: Finding, known: boolean) => boolean;
  text: string | ((finding: Finding) => string);
}

const runtimes = new Set([
  ...['docker', 'dockerd', 'containerd', 'containerd-shim', 'runc', 'crun', 'podman', 'conmon'],
  ...['crio', 'nerdctl', 'unconfined', 'rootlesskit', 'lxc'],
]);

const peerFields = ['peer', 'peer_profile', 'peer_label'];

/** Whether the other end is of the same profile. */
const isOwn = (peer: string, profile: string | undefined) =>
  profile !== undefined && peer === ruledBy(profile);

const isProgram = (finding: Finding) => {
  const { access } = finding;
  return access?.kind === 'file' && access.permissions.includes('x');
};

const puzzles: readonly Puzzle[] = [
  {
    id: 'incomplete-record',
    is: ({ access, missing }) =>
      missing !== undefined && (access?.kind !== 'ptrace' || access.peer !== undefined),
    text: ({ missing, access }) =>
      access?.kind === 'dbus' && missing === 'peer'
        ? 'The line does not name the profile of the other end: dbus-daemon leaves it out of some messages, such as broadcast signals, and a line that was cut short lacks it too. A rule without it allows every other end: none is made of this line.'
        : `The line has no ${missing}, which the kernel or the message bus writes for every request of this kind, so it was cut short or somebody else wrote it. What is left would make a rule that allows more than was asked for: none is made of it.`,
  },
  {
    id: 'doubled-field',
    is: ({ doubled }) => doubled !== undefined,
    text: ({ doubled }) =>
      `The line gives ${doubled} two values, as no line of the kernel or a message bus does: which of them is meant can't be told, so no rule is made of it.`,
  },
  {
    id: 'profile-not-loaded',
    is: ({ access, info }) => access?.kind === 'change_profile' && info === 'label not found',
    text: ({ access }) =>
      `No profile of the name ${access?.kind === 'change_profile' ? access.target : ''} is loaded in the kernel, so nothing could be started in it. "aa-registry pull" loads one; a rule changes nothing.`,
  },
  {
    id: 'disconnected-path',
    is: (finding) => neededFlag(finding) === 'attach_disconnected',
    text: 'The file lies outside of what the process sees as its root: on a mount that was taken away, in another mount namespace, or passed in as an open file. No rule matches such a path; the flag attach_disconnected has it looked up as if it started at the root. Profiles for containers need that flag.',
  },
  {
    id: 'disconnected-ipc-path',
    is: (finding) => neededFlag(finding) === 'attach_disconnected.ipc',
    text: 'The message queue lies in another IPC namespace than the process, so its name does not lead to a root. No rule matches it; the flag attach_disconnected.ipc, which AppArmor has from 5.0 on, has it looked up as if it started at the root.',
  },
  {
    id: 'dbus-broker-without-label',
    is: ({ operation, profile, event }) =>
      profile === undefined &&
      (operation?.startsWith('dbus_') ?? false) &&
      (fieldOf(event, 'exe')?.endsWith('dbus-broker') ?? false),
    text: 'dbus-broker does not log which process asks to own a name, nor its profile. The rule belongs to the profile of the service that has this name.',
  },
  {
    id: 'stacking',
    is: ({ access }) => access?.kind === 'change_profile' && access.stack === true,
    text: 'The program asks to be confined by the other profile as well as by this one. The & before the name allows that alone; without it the rule would let the program leave this profile.',
  },
  {
    id: 'deleted-entry',
    is: ({ info }) => /deleted entry/.test(info ?? ''),
    text: 'The file had been deleted while it was open. With the flag mediate_deleted the rules for its former path apply.',
  },
  {
    id: 'transition-not-found',
    is: ({ info }) => info === 'profile transition not found',
    text: 'A rule lets the program run in a profile of its own (px or cx), and that profile is not loaded. Load it, name one that is, or have the rule fall back with pix or cix.',
  },
  {
    id: 'no-new-privileges',
    is: ({ info }) => /no new privs/.test(info ?? ''),
    text: 'The process runs with no_new_privs, as containers with "no-new-privileges" do: the kernel then refuses every change of profile that could allow more, whatever the rules say. Let the program run with ix.',
  },
  {
    id: 'null-profile',
    is: ({ profile, event }) =>
      [profile, ...peerFields.map((key) => fieldOf(event, key))].some((one) =>
        one?.includes('//null-'),
      ),
    text: 'In complain mode a program that no rule lets run is started all the same, in a profile made up for it (its name ends in //null-…). What it did, and what others did to it, belongs to the profile that a rule lets it run in (ix, px or cx); the draft makes that an ix, so rules name the profile that started it.',
  },
  {
    id: 'exec-transition',
    is: (finding) => isProgram(finding) && finding.info === undefined,
    text: 'A rule for a program says in which profile it runs: ix keeps it in this one, which gives it nothing new; px and cx start another that must be loaded; ux leaves all confinement.',
  },
  {
    id: 'ptrace-without-peer',
    is: ({ access }) => access?.kind === 'ptrace' && access.peer === undefined,
    text: 'This line does not say with whom, so no rule is narrow enough to be made of it. On older hosts this is docker exec or docker top: the runtime and the container’s processes look into each other. Within the container, "ptrace (trace, read, tracedby, readby) peer=@{profile_name}," is enough.',
  },
  {
    id: 'ptrace-from-runtime',
    is: ({ access, profile }) =>
      access?.kind === 'ptrace' &&
      access.peer !== undefined &&
      !isOwn(access.peer, profile) &&
      access.access.some((one) => one === 'readby' || one === 'tracedby'),
    text: 'Another process looks into one that is confined, as docker exec, docker top, ps and debuggers do. Both profiles have to allow it: this one with readby or tracedby, the other with read or trace.',
  },
  {
    id: 'signal-from-runtime',
    is: ({ access }) =>
      access?.kind === 'signal' &&
      access.access.includes('receive') &&
      runtimes.has(access.peer ?? ''),
    text: 'The container runtime, or an administrator, can’t stop the container while its profile does not let it receive signals: docker stop and docker kill fail. Profiles for containers allow "signal (receive) peer=unconfined," and the same from the runtime’s own profile.',
  },
  {
    id: 'both-ends',
    is: ({ access, profile }) =>
      (access?.kind === 'signal' || access?.kind === 'ptrace') &&
      access.peer !== undefined &&
      access.peer !== 'unconfined' &&
      !isOwn(access.peer, profile),
    text: 'Where both ends are confined, both profiles have to allow it, and each logs a line of its own.',
  },
  {
    id: 'file-owner-capability',
    is: ({ access }) =>
      access?.kind === 'capability' && /^dac_(override|read_search)$/.test(access.name),
    text: 'root wanted a file whose owner and mode do not let it. Mending owner or mode is narrower than this capability, which opens every file that the rules allow.',
  },
  {
    id: 'mount-in-container',
    is: ({ access }) => access?.kind === 'mount',
    text: 'Who may mount can often leave a container: a second /proc or a cgroup hierarchy is not covered by rules for the first. Besides the rule it takes CAP_SYS_ADMIN.',
  },
  {
    id: 'no-such-hat',
    is: ({ operation }) => operation === 'change_hat' || operation === 'change_hatv',
    text: 'The program asked for a hat that its profile does not have: it needs a "^name { … }" inside the profile; no rule makes one.',
  },
  {
    id: 'user-namespace',
    is: ({ operation }) => operation === 'userns_create',
    text: 'Some distributions let only profiles with a userns rule create user namespaces. An unconfined program needs a profile of its own for that.',
  },
  {
    id: 'killed',
    is: ({ type }) => type === 'KILLED',
    text: 'The profile has the flag kill: the process was ended, not only refused.',
  },
  {
    id: 'made-by-program',
    is: (finding, known) => makerAdvice(finding, known) !== undefined,
    text: (finding) => makerAdvice(finding, false) ?? '',
  },
  {
    id: 'stacked-profiles',
    is: ({ profile }) => profilesOf(ruledBy(profile ?? '')).length > 1,
    text: stackText,
  },
  {
    id: 'audit-rule',
    is: ({ type }) => type === 'AUDIT',
    text: 'Nothing was refused: a rule with "audit" allows it and has it logged.',
  },
  {
    id: 'no-profile-of-the-host',
    is: ({ event, profile = '' }) =>
      fieldOf(event, 'namespace') !== undefined ||
      (profile.startsWith(':') && rulingProfiles(profile).length === 0),
    text: 'The profile is in a namespace of its own, as LXD’s containers have one: its rules come from inside there.',
  },
];

/** What a profile's maker has to say, of the first profile of a label that has one. */
function makerAdvice({ profile }: Finding, known: boolean): string | undefined {
  const texts = rulingProfiles(profile ?? '').map((one) => adviceOnMaker(one, known));
  return texts.find((text) => text !== undefined);
}

/** What the profiles of a stack have to do with one another. */
function stackText({ profile = '' }: Finding): string {
  const all = profilesOf(ruledBy(profile));
  const ruling = rulingProfiles(profile);
  const open = all.filter((one) => one === 'unconfined' || one.endsWith(':unconfined'));
  const others = all.filter((one) => !ruling.includes(one) && !open.includes(one));
  return [
    `${all.length} profiles apply at once here, and each must allow it: ${all.join(' and ')}.`,
    ...(open.length > 0 ? [`${open.join(' and ')} allows everything.`] : []),
    ...(ruling.length > 0
      ? [`The rule belongs to ${ruling.join(ruling.length > 1 ? ' and to ' : '')}.`]
      : []),
    ...(others.length > 0
      ? [
          `The rules of ${others.join(' and ')} come from inside ${others.length > 1 ? 'namespaces' : 'a namespace'}, not from this host: if they don't allow it either, they need the rule as well.`,
        ]
      : []),
  ].join(' ');
}

/** What is worth knowing about a finding beyond its own words. With `known`, a file of this host defines its profile. */
export function explanationsOf(finding: Finding, known = false): Explanation[] {
  return puzzles
    .filter(({ is }) => is(finding, known))
    .map(({ id, text }) => ({ id, text: typeof text === 'string' ? text : text(finding) }));
}

/** The flag without which no rule can allow this, if it is one. */
export function neededFlag({
  info,
}: Finding): 'attach_disconnected' | 'attach_disconnected.ipc' | 'mediate_deleted' | undefined {
  if (/disconnected IPC path/i.test(info ?? '')) return 'attach_disconnected.ipc';
  if (/disconnected path/i.test(info ?? '')) return 'attach_disconnected';
  return /deleted entry/.test(info ?? '') ? 'mediate_deleted' : undefined;
}
