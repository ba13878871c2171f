// Whether what a manifest says about running its images may be printed as a command.
import type { Manifest } from '../statement.ts';
import { Run } from './schema.ts';

/** Why a `run` is refused; the reason is a sentence without a full stop. */
export interface RunFault {
  /** `run-weakens`: it would weaken the container's confinement. `run-invalid`: it can't be written as a command. */
  id: 'run-weakens' | 'run-invalid';
  /** The field, such as `run.mounts.0`. */
  field: string;
  reason: string;
}

const known = {
  run: Object.keys(Run.shape),
  port: ['container', 'host', 'protocol'],
  mount: ['type', 'path', 'volume', 'readonly'],
  capabilities: ['drop', 'add'],
};

/** Options of container runtimes that give up confinement, without their hyphens and underscores. */
const weakening =
  /^(?:privileged|securityopts?|security|pid(?:mode)?|host(?:pid|network|ipc|users)|net(?:work)?(?:mode)?|ipc(?:mode)?|uts|userns(?:mode)?|cgroupns?|cgroupparent|devices?|devicecgrouprules?|apparmor(?:profile)?|seccomp(?:profile)?|unmask|sysctls?|volumes?(?:from)?|binds?|capadd|allowprivilegeescalation|procmount)$/;

/** The capabilities that Docker and containerd give by default: adding one of these only takes back that it is dropped. */
const usualCapabilities = [
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD'],
  ...['NET_BIND_SERVICE', 'NET_RAW', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
];

/** Folders that the kernel and the runtime provide, with what is below them. */
const kernelFolders = /^\/(?:proc|sys|dev)(?:\/|$)/;
const sharedMemory = /^\/dev\/(?:shm|mqueue)$/;

/** The sockets by which a runtime is commanded. */
const runtimeSocket =
  /(?:^|\/)(?:docker|containerd|podman|crio|cri-dockerd|buildkitd)\.sock(?:\/|$)/;

/** Paths need no quotes for any runtime, and name one place. */
const plainPath = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._+@-]+)+$/;
const volumeName = /^(?!tmpfs-)[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/;

/** The first reason why a manifest's `run` is refused; `undefined` if it may be printed. */
export function runFault(run: Run): RunFault | undefined {
  return (
    unknownField('run', run, known.run) ??
    commandFault(run) ??
    firstOf(run.ports, portFault) ??
    firstOf(run.mounts, mountFault) ??
    repeated(run) ??
    capabilitiesFault(run)
  );
}

function firstOf<Item>(
  items: readonly Item[] = [],
  fault: (item: Item, at: number) => RunFault | undefined,
): RunFault | undefined {
  for (const [at, item] of items.entries()) {
    const found = fault(item, at);
    if (found) return found;
  }
  return undefined;
}

const invalid = (field: string, reason: string): RunFault => ({ id: 'run-invalid', field, reason });
const weakens = (field: string, reason: string): RunFault => ({ id: 'run-weakens', field, reason });

function unknownField(path: string, value: object, names: readonly string[]): RunFault | undefined {
  const unknown = Object.keys(value).filter((name) => !names.includes(name));
  const weak = unknown.find((name) => weakening.test(name.toLowerCase().replaceAll(/[_-]/g, '')));
  if (weak !== undefined) {
    return weakens(`${path}.${weak}`, 'would weaken the confinement of the container');
  }
  const [other] = unknown;
  if (other === undefined) return undefined;
  return invalid(`${path}.${other}`, `unknown field; known fields are ${names.join(', ')}`);
}

function commandFault(run: Run): RunFault | undefined {
  if (run.entrypoint && run.arguments)
    return invalid('run.arguments', 'entrypoint has its arguments already');
  // Podman quotes no ";" in the service that it makes of a unit: systemd would run what follows on the host.
  const field = run.entrypoint ? 'run.entrypoint' : 'run.arguments';
  if (!(run.entrypoint ?? run.arguments)?.includes(';')) return undefined;
  return weakens(
    field,
    'must have no word that is only ";", which ends a command in a systemd unit',
  );
}

function portFault(port: NonNullable<Run['ports']>[number], at: number): RunFault | undefined {
  const field = `run.ports.${at}`;
  const { protocol = 'tcp' } = port;
  if (!['tcp', 'udp', 'sctp'].includes(protocol))
    return invalid(`${field}.protocol`, 'must be "tcp", "udp" or "sctp"');
  return unknownField(field, port, known.port);
}

function mountFault(mount: NonNullable<Run['mounts']>[number], at: number): RunFault | undefined {
  const field = `run.mounts.${at}`;
  const { type, path, volume, readonly } = mount;
  if (type !== 'tmpfs' && type !== 'volume') {
    return weakens(
      `${field}.type`,
      'must be "tmpfs" or "volume": a package must not mount files of the host',
    );
  }
  if (path === '/' || (kernelFolders.test(path) && !sharedMemory.test(path)))
    return weakens(`${field}.path`, 'must not be / or below /proc, /sys or /dev');
  if (runtimeSocket.test(path) || (volume !== undefined && /^[/.~$]|\.sock$/.test(volume)))
    return weakens(field, 'must not mount a path of the host or the socket of a container runtime');
  if (!plainPath.test(path)) {
    return invalid(
      `${field}.path`,
      'must be an absolute path of letters, digits, ".", "_", "+", "@" and "-", such as "/var/cache/nginx"',
    );
  }
  if (type === 'tmpfs') {
    if (volume !== undefined) return invalid(`${field}.volume`, 'a tmpfs has no name');
    if (readonly) return invalid(`${field}.readonly`, 'a tmpfs that is read-only stays empty');
  } else if (volume === undefined || !volumeName.test(volume)) {
    return invalid(
      `${field}.volume`,
      'must be a name of 2 to 63 lower-case letters, digits and hyphens that does not begin with "tmpfs-", such as "nginx-cache"',
    );
  }
  return unknownField(field, mount, known.mount);
}

/** A place or a port that is listed twice, which runtimes refuse. */
function repeated({ ports = [], mounts = [] }: Run): RunFault | undefined {
  const twice = (names: readonly string[]) =>
    names.findIndex((name, at) => names.indexOf(name) < at);
  const port = twice(
    ports.map(({ container, host = container, protocol = 'tcp' }) => `${host}/${protocol}`),
  );
  if (port >= 0) return invalid(`run.ports.${port}`, 'publishes a port of the host twice');
  const mount = twice(mounts.map(({ path }) => path));
  if (mount >= 0) return invalid(`run.mounts.${mount}.path`, 'is mounted twice');
  return undefined;
}

function capabilitiesFault({ capabilities }: Run): RunFault | undefined {
  if (!capabilities) return undefined;
  const added = capabilities.add?.find((name) => !usualCapabilities.includes(name));
  if (added !== undefined) {
    return weakens(
      'run.capabilities.add',
      `${added} is none of those that containers have by default: ${usualCapabilities.join(', ')}`,
    );
  }
  return unknownField('run.capabilities', capabilities, known.capabilities);
}

/** What a manifest says about running its images, or why that is refused. */
export function runOf({
  kind,
  entrypoint,
  run = {},
}: Pick<Manifest, 'kind' | 'entrypoint' | 'run'>):
  | { ok: true; run: Run }
  | ({ ok: false } & RunFault) {
  const empty = Object.keys(run).length === 0;
  const fault =
    (kind === 'host' || kind === 'abstraction') && !empty
      ? invalid('run', `is for containers, so it can’t be used with kind = "${kind}"`)
      : entrypoint && run.entrypoint
        ? invalid('run.entrypoint', 'is set twice: entrypoint outside of run is the same')
        : runFault({ ...(entrypoint && { entrypoint }), ...run });
  if (fault) return { ok: false, ...fault };
  return { ok: true, run: { ...(entrypoint && { entrypoint }), ...run } };
}
