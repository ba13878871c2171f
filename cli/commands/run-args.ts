import { reservedName } from '../../policy/index.ts';
import { checkKernel, loadedMode } from '../../sdk/host/kernel.ts';
import { kubernetesAnnotation, runArguments, runtimes } from '../../sdk/run-args.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { pathOf, requireInstalled } from '../installed.ts';
import { requireRoot, rootOption } from '../target.ts';

export const runArgs = defineCommand({
  name: 'run-args',
  summary: 'Print what runs a container confined by an installed profile',
  args: [{ name: 'REF' }],
  usage: '[--runtime RUNTIME]',
  options: {
    runtime: {
      type: 'string',
      short: 'r',
      choices: runtimes,
      description: 'For which it is (default docker)',
    },
    annotation: {
      type: 'string',
      value: 'CONTAINER',
      description:
        "With kubernetes before 1.30: the annotation for the Pod's container of this name",
    },
    root: rootOption,
  },
  details:
    'For docker, podman and nerdctl it is the option of their "run"; for compose and kubernetes a piece of YAML, of a ' +
    'service and of a container or Pod. Needs no network.',
  examples: [
    'docker run $(aa-registry run-args docker-nginx) nginx',
    'aa-registry run-args docker-nginx --runtime kubernetes',
    'aa-registry run-args docker-nginx --runtime kubernetes --annotation web',
  ],
  async run({ values, args: [text = ''], io }) {
    const { runtime = 'docker', annotation } = values;
    if (annotation !== undefined && runtime !== 'kubernetes') {
      throw new CliError(exit.usage, '--annotation goes with --runtime kubernetes.');
    }
    // RFC 1123 label, as Kubernetes wants a container's name to be.
    if (annotation !== undefined && !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(annotation)) {
      throw new CliError(exit.usage, `"${annotation}" is not a container's name.`);
    }
    const root = await requireRoot(values.root);
    const installation = await requireInstalled(root, text);
    const { name } = installation;
    const reserved = reservedName(name);
    if (reserved !== undefined) {
      throw new CliError(exit.failed, `"${name}" confines nothing by that name: it ${reserved}.`);
    }
    io.print(
      annotation === undefined
        ? runArguments(runtime, name)
        : kubernetesAnnotation(name, annotation),
    );
    const [kernel, mode] =
      root === '/' ? await Promise.all([checkKernel(), loadedMode(name)]) : [{ ok: true } as const];
    if (!kernel.ok) {
      // Podman refuses the option then, but Docker runs the container without a word.
      io.tell(`Warning: nothing will be confined: ${kernel.reason}.`);
    } else if (mode === 'not-loaded') {
      io.tell(`Warning: ${name} is not loaded; see "aa-registry status ${pathOf(installation)}".`);
    } else if (installation.complain || mode === 'complain') {
      io.tell(
        `Note: ${name} is in complain mode: what no rule allows is logged and allowed; its deny rules still deny.`,
      );
    }
    return exit.ok;
  },
});
