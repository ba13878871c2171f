import { reservedName } from '../../policy/index.ts';
import { attachmentsIn, describeAttachments } from '../../sdk/attachments.ts';
import { profilesOf } from '../../sdk/host/installation.ts';
import { checkKernel, loadedMode } from '../../sdk/host/kernel.ts';
import { readStoredPackage } from '../../sdk/host/store.ts';
import { hostCommand } from '../../sdk/host-command.ts';
import {
  argumentsAfterImage,
  kubernetesAnnotation,
  profileToRun,
  type Runtime,
  runArguments,
  runtimes,
} from '../../sdk/run-args.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { pathOf, requireInstalled } from '../installed.ts';
import { requireProfiles } from '../set-mode.ts';
import { requireRoot, rootOption } from '../target.ts';

/** Runtimes whose command line has options before the image and arguments after it. */
const takesOptions: ReadonlySet<Runtime> = new Set(['docker', 'podman', 'nerdctl']);

export const runArgs = defineCommand({
  name: 'run-args',
  summary: 'Print the options that confine a container or service with an installed profile',
  args: [{ name: 'REF' }],
  usage: '[--runtime RUNTIME]',
  options: {
    runtime: {
      type: 'string',
      short: 'r',
      value: 'RUNTIME',
      choices: runtimes,
      description: `${runtimes.slice(0, -1).join(', ')} or ${runtimes.at(-1)} (default docker)`,
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
    'kubernetes, YAML for a service, a container or a Pod; for systemd, a setting of a unit. If ' +
    'the package names an entry point, it is included, and the arguments that follow the image ' +
    'are printed as a note. Works offline.',
  examples: [
    "docker run $(aa-registry run-args docker-nginx) nginx -g 'daemon off;'",
    'aa-registry run-args docker-nginx --runtime kubernetes',
    'aa-registry run-args docker-nginx --runtime kubernetes --annotation web',
    'aa-registry run-args acme/backupd --runtime systemd',
  ],
  async run({ values, args: [text = ''], io }) {
    const { runtime = 'docker', annotation } = values;
    if (annotation !== undefined && runtime !== 'kubernetes') {
      throw new CliError(exit.usage, '--annotation requires --runtime kubernetes.');
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
    const entrypoint = found?.manifest.entrypoint;
    const attached = describeAttachments(found ? attachmentsIn(found) : []);
    if (attached !== undefined && runtime === 'docker') {
      io.note(`Note: without options, ${pathOf(installation)} ${attached}.`);
    }
    io.print(
      annotation === undefined
        ? runArguments(runtime, name, entrypoint)
        : kubernetesAnnotation(name, annotation),
    );
    if (annotation === undefined && takesOptions.has(runtime)) {
      const rest = argumentsAfterImage(entrypoint ?? []);
      if (rest.length > 0) io.note(`Note: after the image, add: ${rest.join(' ')}`);
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
