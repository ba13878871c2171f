import { request } from 'node:http';
import { parseJson } from '../../trust/index.ts';
import { isSdkError } from '../error.ts';
import { isLocked, lockPlace } from '../host/lock.ts';
import { findParser, hasParser, parserVersion } from '../host/parser.ts';
import { ownCapabilities } from '../host/processes.ts';
import { listDamaged, listInstallations, listPending } from '../host/state.ts';
import {
  list,
  lookAt,
  lookBehind,
  Place,
  readText,
  withSocket,
  writeTrouble,
} from '../host/tree.ts';
import { hostCommand } from '../host-command.ts';
import { readHostTrust, trustInit, trustPlace } from '../trust-file.ts';
import { type Finding, fail, ok, runCheck, warn } from './check.ts';

/** Rule classes that only some kernels enforce; AppArmor 3 on a current kernel has all. */
const wantedFeatures = ['file', 'caps', 'network_v8', 'mount', 'signal', 'ptrace'];

/** The maximum size of a kernel file, in bytes. */
const maxParameter = 64 * 1024;

/** CAP_MAC_ADMIN's bit; see linux/capability.h. */
const macAdmin = 33n;

/** Checks whether the host below `root` can install and enforce profiles, most important checks first. */
export async function examineHost(
  root: string,
  uid: number,
  registry?: string,
): Promise<Finding[]> {
  const found = await Promise.all([
    runCheck('kernel', () => kernel(root)),
    runCheck('parser', () => parser(root)),
    runCheck('permissions', () => permissions(root, uid)),
    runCheck('trust', () => trust(root, registry)),
    runCheck('state', () => state(root)),
    runCheck('containers', () => containers(root)),
  ]);
  return found.flat();
}

async function kernel(root: string): Promise<Finding[]> {
  const system = systemFile(root, 'sys');
  if (root !== '/' && (!lookAt(system) || list(system).length === 0)) {
    return [ok('kernel-apparmor', `No system runs below ${root}: no kernel to check.`)];
  }
  const security = systemFile(root, 'sys/kernel/security');
  const enabled = readText(
    systemFile(root, 'sys/module/apparmor/parameters/enabled'),
    maxParameter,
  )?.trim();
  if (enabled !== 'Y') {
    const why = enabled === undefined ? 'This kernel has no AppArmor' : 'AppArmor is switched off';
    const next = 'Boot with the kernel parameters apparmor=1 security=apparmor.';
    return [fail('kernel-apparmor', `${why}: profiles can’t be loaded.`, next)];
  }
  const findings = [ok('kernel-apparmor', 'AppArmor is enabled in this kernel.')];
  const order = readText(security.at('lsm'), maxParameter)?.trim();
  if (order === undefined) {
    const next =
      'Mount it: mount -t securityfs securityfs /sys/kernel/security (a container needs the host’s).';
    return [...findings, fail('kernel-securityfs', 'securityfs is not mounted.', next)];
  }
  findings.push(
    order.split(',').includes('apparmor')
      ? ok('kernel-lsm', `AppArmor is among the active security modules (${order}).`)
      : fail(
          'kernel-lsm',
          `AppArmor is not among the active security modules (${order}).`,
          `Boot with lsm=${order},apparmor.`,
        ),
  );
  const features = security.at('apparmor/features');
  if (!lookAt(features)) {
    const next = 'Mount securityfs, and in a container the host’s /sys/kernel/security.';
    return [
      ...findings,
      fail('kernel-securityfs', 'AppArmor’s securityfs is not available.', next),
    ];
  }
  const known = list(features).map(({ name }) => name);
  const lacking = wantedFeatures.filter((one) => !known.includes(one));
  findings.push(
    lacking.length === 0
      ? ok('kernel-features', 'The kernel enforces every class of rules.')
      : warn(
          'kernel-features',
          `The kernel does not enforce rules of: ${lacking.join(', ')}.`,
          'A newer kernel does; until then profiles confine less than they say.',
        ),
  );
  return findings;
}

async function parser(root: string): Promise<Finding | Finding[]> {
  const install = 'Install the package apparmor.';
  // Below another root two parsers matter: the one in it loads at boot, and this machine's checks installations.
  if (root !== '/') {
    const here = await findParser();
    return [
      hasParser(root)
        ? ok(
            'parser',
            `The system below ${root} has apparmor_parser, which loads profiles at boot.`,
          )
        : fail(
            'parser',
            `The system below ${root} has no apparmor_parser: its boot loads no profile.`,
            'Install the package apparmor there; "pull --root" installs files all the same.',
          ),
      here === undefined
        ? warn(
            'parser-here',
            'This machine has no apparmor_parser: "pull --root" installs without that check.',
            install,
          )
        : ok('parser-here', `"pull --root" checks with this machine’s ${here}.`),
    ];
  }
  const path = await findParser();
  if (path === undefined) {
    return fail('parser', 'apparmor_parser not found: no profile can be loaded.', install);
  }
  const run = await parserVersion(path);
  if (!run.ok) return fail('parser', `${path} does not run: ${run.reason}.`, install);
  const { version } = run;
  if (version === undefined) return warn('parser', `${path} does not report its version.`, install);
  const description = `${path} is version ${version}`;
  return Number.parseInt(version, 10) < 3
    ? warn(
        'parser',
        `${description}: it lacks features that profiles use.`,
        'Use AppArmor 3 or newer.',
      )
    : ok('parser', `${description}.`);
}

async function permissions(root: string, uid: number): Promise<Finding[]> {
  if (root === '/' && uid !== 0) {
    const what = 'You are not root: you can search for and verify profiles, but not install them.';
    return [warn('permissions-root', what, 'Run doctor and installations with sudo.')];
  }
  const findings: Finding[] = [];
  if (root === '/') {
    const capabilities = await ownCapabilities();
    const mayLoad = capabilities === undefined || ((capabilities >> macAdmin) & 1n) === 1n;
    findings.push(
      mayLoad
        ? ok('permissions-root', 'You are root and may load policy.')
        : fail(
            'permissions-root',
            'You are root without CAP_MAC_ADMIN: the kernel will refuse to load policy.',
            'Give the container that capability.',
          ),
    );
  } else {
    const what = `Below ${root} only files are written: that needs permission for its folders, not root.`;
    findings.push(ok('permissions-root', what));
  }
  // Only "trust init" writes there: existing configuration may well be mounted read-only.
  const configuration = lookAt(trustPlace(root)) ? [] : ['etc/aa-registry'];
  for (const place of ['etc/apparmor.d', ...configuration, 'var/lib/aa-registry']) {
    const folder = new Place(root, place);
    const trouble = writeTrouble(folder);
    if (trouble === undefined || (trouble === 'ENOENT' && place !== 'etc/apparmor.d')) continue;
    const cannot = `${folder} can’t be written to (${trouble}).`;
    findings.push(
      trouble === 'ENOENT'
        ? fail('permissions-folders', `${folder} does not exist.`, 'Install the package apparmor.')
        : uid !== 0 && trouble === 'EACCES'
          ? warn('permissions-folders', cannot, 'Run doctor and installations with sudo.')
          : fail('permissions-folders', cannot, 'Mount it writable.'),
    );
  }
  return findings;
}

async function trust(root: string, registry: string | undefined): Promise<Finding> {
  const path = trustPlace(root);
  const file = lookBehind(path);
  if (file === undefined) {
    const next = `Trust a team: ${hostCommand(trustInit({ registry }), { root })}.`;
    return fail(
      'trust',
      `${path} does not exist: this host trusts no team, so no profile can be installed.`,
      next,
    );
  }
  const read = await readHostTrust(root).catch((error: Error) => error);
  if (isSdkError(read, 'unsafe-place')) return fail('trust', `${read.message}.`, read.next ?? '');
  if (read instanceof Error) {
    return fail('trust', `${read.message}.`, 'Correct the file; see aa-registry-trust.toml(5).');
  }
  const teams = [...(read?.teams.keys() ?? [])];
  return teams.length === 0
    ? fail(
        'trust',
        `${path} names no team.`,
        `Trust one: ${hostCommand('trust add TEAM', { root })}.`,
      )
    : ok('trust', `This host trusts ${teams.join(', ')} at ${read?.registry}.`);
}

async function state(root: string): Promise<Finding[]> {
  const installed = await listInstallations(root);
  const files = installed.length === 1 ? 'profile is' : 'profiles are';
  const findings = [
    installed.length === 0
      ? ok('state', 'Nothing is installed by aa-registry yet.')
      : ok(
          'state',
          `${installed.length} ${files} installed; "${hostCommand('status', { root })}" checks each.`,
        ),
  ];
  for (const { team, name, path } of await listDamaged(root)) {
    const next = `To rebuild it: ${hostCommand(`pull ${team}/${name}`, { root })}.`;
    findings.push(fail('state-damaged', `The record ${path} is damaged.`, next));
  }
  const pending = await listPending(root);
  if (pending.length > 0) {
    const names = pending.map(({ installation: { team, name } }) => `${team}/${name}`).join(', ');
    const next = 'The next pull, sync or remove finishes or undoes it.';
    findings.push(warn('state-pending', `A change was interrupted: ${names}.`, next));
  }
  if (await isLocked(root)) {
    const next = `Wait for it; if it never ends, look for its process with: fuser ${lockPlace(root)}`;
    findings.push(warn('state-lock', 'Another aa-registry is changing this host now.', next));
  }
  return findings;
}

async function containers(root: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const docker = systemFile(root, 'run/docker.sock');
  if (isThere(docker)) findings.push(await dockerFinding(docker));
  if (isThere(systemFile(root, 'run/containerd/containerd.sock'))) {
    findings.push(
      ok('containerd', 'containerd runs here; it applies the profile that a Pod names.'),
    );
  }
  if (findings.length === 0) return [ok('containers', 'Neither Docker nor containerd runs here.')];
  return findings;
}

async function dockerFinding(socket: Place): Promise<Finding> {
  const info =
    (await withSocket(socket, askDocker).catch((error: NodeJS.ErrnoException) => error)) ??
    new Error(`${socket} is not a socket`);
  if (info instanceof Error) {
    const why = 'code' in info ? info.code : info.message;
    return warn(
      'docker',
      `Docker does not respond (${why}).`,
      'Run doctor as root, or start Docker.',
    );
  }
  const options: unknown = info.SecurityOptions;
  const confines = Array.isArray(options) && options.some((one) => /^name=apparmor\b/.test(one));
  return confines
    ? ok('docker', 'Docker confines containers with AppArmor.')
    : fail(
        'docker',
        'Docker runs without AppArmor: it ignores the profiles of containers.',
        'Restart Docker once AppArmor is enabled in the kernel.',
      );
}

/** The maximum size of Docker's response, in characters. */
const maxResponse = 1 << 20;

/** Docker's description of itself (Engine API, GET /info). */
function askDocker(socketPath: string): Promise<Record<string, unknown>> {
  // No agent: it would reuse a connection of another socket, since the path is that of a file descriptor.
  const options = { path: '/info', timeout: 5000, agent: false };
  return new Promise((resolve, reject) => {
    const connection = request({ ...options, socketPath }, async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) {
          text += chunk;
          if (text.length > maxResponse) throw new Error('the response is too long');
        }
        resolve(parseJson(text) as Record<string, unknown>);
      } catch {
        reject(new Error('the response is not from Docker'));
      }
    });
    connection.on('timeout', () => connection.destroy(new Error('no response within 5 seconds')));
    connection.on('error', reject);
    connection.end();
  });
}

/** A file or folder of the system; its owner is not checked. */
function systemFile(root: string, path: string): Place {
  return new Place(root, path).ofAnybody;
}

/** Whether a path exists. Below a root other than this machine's, links are not followed. */
function isThere(place: Place): boolean {
  try {
    return lookBehind(place) !== undefined;
  } catch (error) {
    if (isSdkError(error, 'unsafe-place') || (error as NodeJS.ErrnoException).code === 'EACCES')
      return false;
    throw error;
  }
}
