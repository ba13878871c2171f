// Explains denials whose cause or remedy is not obvious.
import { type Access, isUnnamed } from '../../policy/index.ts';
import { fieldOf } from './event.ts';
import { eventOf, type Finding } from './finding.ts';
import { adviceOnMaker } from './generated-profiles.ts';
import { profilesOf, ruledBy, rulingProfiles } from './label.ts';

export interface Explanation {
  id: string;
  text: string;
}

/** The rule that is shown with a finding: the one to add, or the one that decided; `undefined` if there is none. */
export type ShownRule = 'suggested' | 'decisive' | undefined;

interface Hint {
  id: string;
  /** A file on this host defines the profile `known`, one of the label's. */
  is: (finding: Finding, known: string | undefined) => boolean;
  text: string | ((finding: Finding, rule: ShownRule, known: string | undefined) => string);
  /** Only where a rule is suggested, as it is about that rule. */
  ofRule?: true;
}

const runtimes = new Set([
  ...['docker', 'dockerd', 'containerd', 'containerd-shim', 'runc', 'crun', 'podman', 'conmon'],
  ...['crio', 'nerdctl', 'unconfined', 'rootlesskit', 'lxc'],
]);

/** What a record names by a number alone. */
function unnamedIn(access: Access | undefined): string | undefined {
  if (access?.kind === 'network' && isUnnamed(access.type)) return `The socket type ${access.type}`;
  if (access?.kind === 'signal' && isUnnamed(access.signal)) return `The signal ${access.signal}`;
  if (access?.kind === 'mqueue' && access.name === undefined) return 'A queue of another namespace';
  return undefined;
}

const peerFields = ['peer', 'peer_profile', 'peer_label'];

/** Whether the peer has the same profile. */
const isOwn = (peer: string, profile: string | undefined) =>
  profile !== undefined && peer === ruledBy(profile);

const isProgram = (finding: Finding) => {
  const { access } = finding;
  return access?.kind === 'file' && access.permissions.includes('x');
};

const hints: readonly Hint[] = [
  {
    id: 'incomplete-record',
    is: ({ access, missing }) =>
      missing !== undefined && (access?.kind !== 'ptrace' || access.peer !== undefined),
    text: ({ missing, access }) =>
      access?.kind === 'dbus' && missing === 'peer'
        ? 'The record lacks the profile of the peer: dbus-daemon omits it for some messages, such as broadcast signals, and a truncated record lacks it too. A rule without it would allow every peer, so none is suggested.'
        : `The record has no ${missing}, which the kernel or the message bus writes for every request of this kind, so it was truncated or forged. A rule without it would allow more than was requested, so none is suggested.`,
  },
  {
    id: 'doubled-field',
    is: ({ doubled }) => doubled !== undefined,
    text: ({ doubled }) =>
      `The record has two values for ${doubled}, which the kernel and message buses never write. It is ambiguous, so no rule is suggested.`,
  },
  {
    id: 'contradictory-record',
    is: ({ contradictory }) => contradictory !== undefined,
    text: ({ contradictory }) =>
      `The fields ${contradictory} of the record contradict each other, which the kernel never writes, so the record is damaged or forged. No rule is suggested.`,
  },
  {
    id: 'profile-not-loaded',
    is: ({ access, info }) => access?.kind === 'change_profile' && info === 'label not found',
    text: ({ access }) =>
      `Profile ${access?.kind === 'change_profile' ? access.target : ''} is not loaded in the kernel, so nothing can run in it. A rule does not help; load the profile, for example with "aa-registry pull".`,
  },
  {
    id: 'disconnected-path',
    is: (finding) => neededFlag(finding) === 'attach_disconnected',
    text: 'The file is outside of the root of the process: on a detached mount, in another mount namespace, or passed in as an open file. No rule matches such a path; the flag attach_disconnected resolves it as if it started at the root. Profiles for containers need that flag.',
  },
  {
    id: 'disconnected-ipc-path',
    is: (finding) => neededFlag(finding) === 'attach_disconnected.ipc',
    text: 'The message queue is in another IPC namespace than the process, so its path is disconnected. No rule matches it; the flag attach_disconnected.ipc (AppArmor 5.0 and newer) resolves it as if it started at the root.',
  },
  {
    id: 'dbus-broker-without-label',
    is: ({ operation, profile, line }) =>
      profile === undefined &&
      (operation?.startsWith('dbus_') ?? false) &&
      (fieldOf(eventOf({ line }), 'exe')?.endsWith('dbus-broker') ?? false),
    text: (_, rule) =>
      `dbus-broker logs neither the process that requests the name nor its profile.${rule === 'suggested' ? ' Add the rule to the profile of the service that owns this name.' : ''}`,
  },
  {
    id: 'stacking',
    is: ({ access }) => access?.kind === 'change_profile' && access.stack === true,
    text: (_, rule) =>
      `The program wants to add the other profile to its own.${rule === 'suggested' ? ' The & before the name allows only that; without it the rule would let the program leave this profile.' : ''}`,
  },
  {
    id: 'deleted-entry',
    is: ({ info }) => /deleted entry/.test(info ?? ''),
    text: 'The file had been deleted while it was open. With the flag mediate_deleted, the rules for its former path apply.',
  },
  {
    id: 'transition-not-found',
    is: ({ info }) => info === 'profile transition not found',
    text: 'A rule runs the program in its own profile (px or cx), which is not loaded. Load it, name a loaded profile, or let the rule fall back with pix or cix.',
  },
  {
    id: 'no-new-privileges',
    is: ({ info }) => /no new privs/.test(info ?? ''),
    text: 'The process runs with no_new_privs, as containers with "no-new-privileges" do: the kernel then refuses every profile transition that could add permissions, whatever the rules say. Run the program with ix.',
  },
  {
    id: 'null-profile',
    is: ({ profile, line }) => {
      const event = eventOf({ line });
      const labels = [profile, ...peerFields.map((key) => fieldOf(event, key))];
      return labels.some((one) => one?.includes('//null-'));
    },
    text: 'In complain mode a program without an exec rule starts in a temporary profile (its name ends in //null-…). Its events belong to the profile that an exec rule selects (ix, px or cx); the draft uses ix, so its rules go into the profile that started it.',
  },
  {
    id: 'exec-transition',
    is: (finding) => isProgram(finding) && finding.info === undefined,
    text: 'An exec rule selects the profile of the program: ix keeps the current one, which adds no permissions; px and cx switch to another, which must be loaded; ux runs it unconfined.',
  },
  {
    id: 'ptrace-without-peer',
    is: ({ access }) => access?.kind === 'ptrace' && access.peer === undefined,
    text: 'The record has no peer, so a rule from it would be too wide. On older hosts the cause is docker exec or docker top, where the runtime and the container’s processes trace each other. Within the container, "ptrace (trace, read, tracedby, readby) peer=@{profile_name}," is enough.',
  },
  {
    id: 'ptrace-from-runtime',
    is: ({ access, profile }) =>
      access?.kind === 'ptrace' &&
      access.peer !== undefined &&
      !isOwn(access.peer, profile) &&
      access.access.some((one) => one === 'readby' || one === 'tracedby'),
    text: 'Another process reads or traces a confined one, as docker exec, docker top, ps and debuggers do. Both profiles must allow it: this one with readby or tracedby, the other with read or trace.',
  },
  {
    id: 'signal-from-runtime',
    is: ({ access }) =>
      access?.kind === 'signal' &&
      access.access.includes('receive') &&
      runtimes.has(access.peer ?? ''),
    text: 'The container runtime or an administrator cannot stop the container, as its profile refuses signals: docker stop and docker kill fail. Profiles for containers need "signal (receive) peer=unconfined," and the same with the runtime’s own profile as peer.',
  },
  {
    id: 'unnamed',
    ofRule: true,
    is: ({ access }) => unnamedIn(access) !== undefined,
    text: ({ access }) =>
      `${unnamedIn(access)} has no name in the policy language, so the rule also allows others.`,
  },
  {
    id: 'both-ends',
    is: ({ access, profile }) =>
      (access?.kind === 'signal' || access?.kind === 'ptrace') &&
      access.peer !== undefined &&
      access.peer !== 'unconfined' &&
      !isOwn(access.peer, profile),
    text: 'If both ends are confined, both profiles must allow it, and each logs its own record.',
  },
  {
    id: 'file-owner-capability',
    is: ({ access }) =>
      access?.kind === 'capability' && /^dac_(override|read_search)$/.test(access.name),
    text: 'root accessed a file that its owner and mode do not permit. Correcting owner or mode is narrower than this capability, which overrides them for every file that the rules allow.',
  },
  {
    id: 'mount-in-container',
    is: ({ access }) => access?.kind === 'mount',
    text: 'A process that may mount can often escape a container: rules for /proc do not cover a second /proc or a cgroup hierarchy mounted elsewhere. Mounting also requires CAP_SYS_ADMIN.',
  },
  {
    id: 'no-such-hat',
    is: ({ operation }) => operation === 'change_hat' || operation === 'change_hatv',
    text: 'The program requested a hat that its profile does not define. Add "^name { … }" to the profile; no rule replaces it.',
  },
  {
    id: 'user-namespace',
    is: ({ operation }) => operation === 'userns_create',
    text: 'Some distributions let only profiles with a userns rule create user namespaces. An unconfined program needs its own profile for that.',
  },
  {
    id: 'killed',
    is: ({ type }) => type === 'KILLED',
    text: 'The profile has the flag kill: the process was killed.',
  },
  {
    id: 'made-by-program',
    is: (finding, known) => makerAdvice(finding, known) !== undefined,
    text: (finding, _, known) => makerAdvice(finding, known) ?? '',
  },
  {
    id: 'stacked-profiles',
    is: ({ profile }) => profilesOf(ruledBy(profile ?? '')).length > 1,
    text: stackText,
  },
  {
    id: 'audit-rule',
    is: ({ type }) => type === 'AUDIT',
    text: 'Nothing was refused: a rule with "audit" allows and logs it.',
  },
  {
    id: 'no-profile-of-the-host',
    is: ({ namespace, profile = '' }) =>
      namespace !== undefined || (profile.startsWith(':') && rulingProfiles(profile).length === 0),
    text: 'The profile is in its own namespace, such as that of an LXD container, and its rules are loaded from inside it.',
  },
];

/** The advice on a generated profile, for the first profile of a label that has some. */
function makerAdvice({ profile }: Finding, known: string | undefined): string | undefined {
  const texts = rulingProfiles(profile ?? '').map((one) => adviceOnMaker(one, one === known));
  return texts.find((text) => text !== undefined);
}

/** Explains how the profiles of a stack interact. */
function stackText({ profile = '' }: Finding, rule: ShownRule): string {
  const all = profilesOf(ruledBy(profile));
  const ruling = rulingProfiles(profile);
  const open = all.filter((one) => one === 'unconfined' || one.endsWith(':unconfined'));
  const others = all.filter((one) => !ruling.includes(one) && !open.includes(one));
  return [
    `${all.length} stacked profiles apply, and each must allow it: ${all.join(' and ')}.`,
    ...(open.length > 0 ? [`${open.join(' and ')} allows everything.`] : []),
    ...(rule !== undefined && ruling.length > 0
      ? [`The rule belongs to ${ruling.join(ruling.length > 1 ? ' and to ' : '')}.`]
      : []),
    ...(others.length > 0
      ? [
          `The rules of ${others.join(' and ')} are loaded inside ${others.length > 1 ? 'namespaces' : 'a namespace'}, not on this host${rule === 'suggested' ? ': unless they allow it, they need the rule as well' : ''}.`,
        ]
      : []),
  ].join(' ');
}

/** Notes on a finding. A file on this host defines the profile `known`. */
export function explanationsOf(
  finding: Finding,
  known: string | undefined,
  rule: ShownRule,
): Explanation[] {
  return hints
    .filter(({ is, ofRule }) => (rule === 'suggested' || !ofRule) && is(finding, known))
    .map(({ id, text }) => ({
      id,
      text: typeof text === 'string' ? text : text(finding, rule, known),
    }));
}

/** The flag without which no rule can allow this, if any. */
export function neededFlag({
  info,
}: Finding): 'attach_disconnected' | 'attach_disconnected.ipc' | 'mediate_deleted' | undefined {
  if (/disconnected IPC path/i.test(info ?? '')) return 'attach_disconnected.ipc';
  if (/disconnected path/i.test(info ?? '')) return 'attach_disconnected';
  return /deleted entry/.test(info ?? '') ? 'mediate_deleted' : undefined;
}
