import { execFile } from 'node:child_process';
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../../trust/index.ts';

/** A running container. */
export interface Container {
  /** Its first process, by this machine's process id. */
  pid: number;
  /** Its id, if known. */
  id: string | undefined;
  /** The profile that the runtime started it with; '' for none, `undefined` if unknown. */
  configured: string | undefined;
  /** How it was found: `process`, `cgroup` or the runtime's name. */
  by: string;
}

/** The result of a search, or the messages of the clients, a sentence each. */
export type Search =
  | { container: Container; errors?: undefined }
  | { container?: undefined; errors: string[] };

/** Where runtime clients are searched; the caller's PATH is not used. */
const standardFolders = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/local/sbin',
  '/bin',
  '/snap/bin',
];

/** The clients, in the order in which they are tried. */
const clients = ['docker', 'podman', 'nerdctl', 'crictl'] as const;
type Client = (typeof clients)[number];

/** The timeout of a client, in milliseconds: its daemon may hang. */
const timeLimit = 5000;

/** Valid container names and ids; a leading dash would make it an option. */
const containerName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$/;

/**
 * A container's id in the name of its cgroup, with or without prefix and suffix. The cgroup of its conmon, which
 * monitors it from outside, has the id too.
 */
const idInCgroup = /(?:^|[/:-])(?<!conmon-)([0-9a-f]{64})(?=\.scope|[/:]|$)/gm;

/**
 * Finds a running container by process id, by container id or its first 12 or more digits (from cgroups, without a
 * client), or by name (with docker, podman, nerdctl and crictl).
 */
export async function findContainer(text: string, folders = standardFolders): Promise<Search> {
  if (/^[1-9]\d{0,6}$/.test(text)) {
    const pid = Number(text);
    const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => undefined);
    if (cgroup !== undefined) {
      return { container: { pid, id: idsIn(cgroup)[0], configured: undefined, by: 'process' } };
    }
  }
  if (/^[0-9a-f]{12,64}$/.test(text)) {
    const [first] = await processesOf(text);
    if (first) return { container: { ...first, configured: undefined, by: 'cgroup' } };
  }
  return containerName.test(text)
    ? askClients(text, folders)
    : { errors: ['Invalid container name'] };
}

/** The processes in the cgroups of a container, by its id or a prefix of it, oldest first. */
export async function processesOf(id: string): Promise<{ pid: number; id: string }[]> {
  const found: { pid: number; id: string }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const cgroup = await readFile(`/proc/${name}/cgroup`, 'utf8').catch(() => '');
    const whole = idsIn(cgroup).find((one) => one.startsWith(id));
    if (whole !== undefined) found.push({ pid: Number(name), id: whole });
  }
  return found.sort((a, b) => a.pid - b.pid);
}

/** The container ids in a /proc/PID/cgroup (cgroups(7)), the innermost first. */
export function idsIn(cgroup: string): string[] {
  return [...cgroup.matchAll(idInCgroup)].map(([, id = '']) => id).reverse();
}

async function askClients(name: string, folders: string[]): Promise<Search> {
  const errors: string[] = [];
  for (const client of clients) {
    const program = await findProgram(client, folders);
    if (program === undefined) continue;
    const result = await inspectWith(client, program, name);
    const container = result.ok ? parseInspection(result.output) : undefined;
    if (container) return { container: { ...container, by: client } };
    errors.push(`${client} says: ${result.ok ? 'not running' : result.reason}`);
  }
  return { errors };
}

async function inspectWith(client: Client, program: string, name: string): Promise<CommandResult> {
  if (client !== 'crictl') return ask(program, ['inspect', '--type', 'container', name]);
  // crictl inspect takes ids only, and containers of many Pods may share a name.
  const pattern = `^${name.replaceAll('.', '[.]')}$`;
  const listed = await ask(program, ['ps', '--quiet', '--name', pattern]);
  if (!listed.ok) return listed;
  const [id, ...others] = listed.output.split('\n').filter((line) => line !== '');
  if (others.length === 0) return ask(program, ['inspect', id ?? name]);
  const ids = [id, ...others].map((one) => one?.slice(0, 12)).join(', ');
  return { ok: false, reason: `several containers have this name: ${ids}` };
}

/**
 * Parses the output of `inspect` of docker and compatible clients, or of crictl; `undefined` if the container is not
 * running.
 */
export function parseInspection(output: string): Omit<Container, 'by'> | undefined {
  let parsed: unknown;
  try {
    parsed = parseJson(output);
  } catch {
    return undefined;
  }
  const first = Array.isArray(parsed) ? parsed[0] : parsed;
  const pid = at(first, 'State', 'Pid') ?? at(first, 'info', 'pid');
  const id = at(first, 'Id') ?? at(first, 'status', 'id');
  const configured =
    at(first, 'AppArmorProfile') ?? at(first, 'info', 'runtimeSpec', 'process', 'apparmorProfile');
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return undefined;
  return {
    pid,
    id: typeof id === 'string' ? id : undefined,
    configured: typeof configured === 'string' ? configured : undefined,
  };
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

async function findProgram(name: string, folders: string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return undefined;
}

type CommandResult = { ok: true; output: string } | { ok: false; reason: string };

/** Runs a client; on failure, the reason is the last line of its output. */
function ask(program: string, args: string[]): Promise<CommandResult> {
  const { DOCKER_HOST, CONTAINER_HOST, CONTAINER_RUNTIME_ENDPOINT } = process.env;
  const PATH = standardFolders.join(':');
  const env = { PATH, DOCKER_HOST, CONTAINER_HOST, CONTAINER_RUNTIME_ENDPOINT };
  const options = { env, timeout: timeLimit, killSignal: 'SIGKILL', maxBuffer: 4 << 20 } as const;
  return new Promise((resolve) => {
    execFile(program, args, options, (error, output, complaint) => {
      if (!error) return resolve({ ok: true, output });
      const late = error.killed && `it did not respond within ${timeLimit / 1000} seconds`;
      const reason = late || complaint.trim().split('\n').at(-1) || error.message;
      resolve({ ok: false, reason });
    });
  });
}
