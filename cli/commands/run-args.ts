import { reservedName } from '../../policy/index.ts';
import { attachmentsIn, describeAttachments } from '../../sdk/attachments.ts';
import { profilesOf } from '../../sdk/host/installation.ts';
import { checkKernel, loadedMode } from '../../sdk/host/kernel.ts';
import { installedPath } from '../../sdk/host/state.ts';
import { readStoredPackage } from '../../sdk/host/store.ts';
import { hostCommand } from '../../sdk/host-command.ts';
import type { Manifest } from '../../trust/index.ts';
import {
  argumentsAfterImage,
  fitsTarget,
  kubernetesAnnotation,
  profileToRun,
  type Run,
  type RunTarget,
  runLines,
  runOf,
  runTargets,
} from '../../trust/run/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { pathOf, requireInstalled } from '../installed.ts';
import { requireProfiles } from '../set-mode.ts';
import { requireRoot, rootOption } from '../target.ts';
import { visibleLine } from '../terminal/io.ts';

/** Targets whose command line has options before the image and arguments after it. */
const takesOptions: ReadonlySet<RunTarget> = new Set(['docker', 'podman', 'nerdctl']);

export const runArgs = defineCommand({
  name: 'run-args',
  summary: 'Print the options that confine a container or service with an installed profile',
  args: [{ name: 'REF' }],
  usage: '[--for TARGET]',
  options: {
    for: {
      type: 'string',
      short: 'f',
      value: 'TARGET',
      choices: runTargets,
      description: `${runTargets.slice(0, -1).join(', ')} or ${runTargets.at(-1)} (default docker)`,
    },
    runtime: {
      type: 'string',
      short: 'r',
      value: 'TARGET',
      choices: runTargets,
      description: 'The earlier name of --for',
    },
    annotation: {
      type: 'string',
      value: 'CONTAINER',
      description: 'For Kubernetes before 1.30: the annotation for this container of the Pod',
    },
    root: rootOption,
  },
  details:
    'For docker, podman and nerdctl, prints options of their "run" command; for compose and ' +
    'kubernetes, YAML for a service or a container; for quadlet and systemd, settings of a ' +
    '.container or a .service unit. They include what the [run] table of the package says: entry point, ' +
    'ports, mounts, capabilities and so on; the arguments that follow the image are printed as a note. ' +
    'For containers.conf (Podman) and crio.conf, prints the setting that makes the profile the default of ' +
    'all containers; for daemon.json (Docker Engine 29.8 and newer), the one by which the engine loads ' +
    'docker-default from this package. Works offline.',
  examples: [
    "docker run $(aa-registry run-args docker-nginx) nginx -g 'daemon off;'",
    'aa-registry run-args docker-nginx --for kubernetes',
    'aa-registry run-args docker-nginx --for kubernetes --annotation web',
    'aa-registry run-args docker-nginx --for quadlet',
    'aa-registry run-args acme/backupd --for systemd',
  ],
  async run({ values, args: [text = ''], io }) {
    const { annotation } = values;
    const target = values.for ?? values.runtime ?? 'docker';
    if (annotation !== undefined && target !== 'kubernetes') {
      throw new CliError(exit.usage, '--annotation requires --for kubernetes.');
    }
    // Kubernetes requires a container's name to be an RFC 1123 label.
    if (annotation !== undefined && !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(annotation)) {
      throw new CliError(exit.usage, `"${annotation}" is not a valid container name.`);
    }
    const root = await requireRoot(values.root);
    const installation = await requireInstalled(root, text);
    requireProfiles(installation);
    const name = profileToRun(installation.name, profilesOf(installation));
    const reserved = reservedName(name);
    if (reserved !== undefined) {
      throw new CliError(exit.failed, `"${name}" can’t be selected by name: it ${reserved}.`);
    }
    const found = readStoredPackage(root, installation, installation);
    const run = found ? requireRun(found.manifest, pathOf(installation)) : {};
    if (!fitsTarget(target, name)) {
      throw new CliError(
        exit.usage,
        `Docker Engine’s default profile is always docker-default, and this is ${name}.`,
        'Name it for each container (--for docker), or install a package that defines docker-default.',
      );
    }
    if (target === 'daemon.json' && found && Buffer.from(found.bytes).includes('{{')) {
      throw new CliError(
        exit.failed,
        `Docker Engine reads the file as a Go template, in which the {{ of ${pathOf(installation)} begins an action.`,
        'Write the alternations of the profile in another way.',
      );
    }
    const attached = describeAttachments(found ? attachmentsIn(found) : []);
    if (attached !== undefined && target === 'docker') {
      io.note(`Note: without options, ${pathOf(installation)} ${attached}.`);
    }
    io.print(
      annotation === undefined
        ? runLines(target, { profile: name, file: installedPath('/', installation), run })
        : kubernetesAnnotation(name, annotation),
    );
    if (target === 'daemon.json') {
      io.note(
        'Before you restart the engine, check its configuration with: sudo dockerd --validate',
      );
    }
    if (annotation === undefined && takesOptions.has(target)) {
      const rest = argumentsAfterImage(run);
      if (rest.length > 0) io.note(`Note: after the image, add: ${rest.join(' ')}`);
    }
    const { environment = [] } = run;
    if (target === 'kubernetes' && annotation === undefined && environment.length > 0) {
      io.note(`Note: set the values of ${environment.join(', ')}.`);
    }
    const [kernel, mode] =
      root === '/' ? await Promise.all([checkKernel(), loadedMode(name)]) : [{ ok: true } as const];
    if (!kernel.ok) {
      // Podman then refuses the option, but Docker silently runs the container unconfined.
      io.note(`Warning: containers will not be confined: ${kernel.reason}.`);
    } else if (mode === 'not-loaded') {
      const look = hostCommand(`status ${pathOf(installation)}`, values);
      io.note(`Warning: ${name} is not loaded; see "${look}".`);
    } else if (installation.complain || mode === 'complain') {
      io.note(
        `Note: ${name} is in complain mode: accesses that no rule allows are logged and allowed; deny rules still deny.`,
      );
    }
    return exit.ok;
  },
});

/** What the manifest of an installed package says about running it. Throws if that is refused. */
function requireRun(manifest: Manifest, path: string): Run {
  const found = runOf(manifest);
  if (found.ok) return found.run;
  const { id, field, reason } = found;
  const what = `The manifest of ${path} is refused: ${visibleLine(`${field}: ${reason}`)}.`;
  throw new CliError(exit.refused, what, `Run "aa-registry explain ${id}" for the reason.`, id);
}
