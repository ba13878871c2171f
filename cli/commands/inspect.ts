import { type Container, processesOf } from '../../sdk/host/containers.ts';
import { describeDrift, detectDrift } from '../../sdk/host/drift.ts';
import { type Installation, profilesOf } from '../../sdk/host/installation.ts';
import { checkKernel, readPolicy } from '../../sdk/host/kernel.ts';
import {
  isConfinedBy,
  type Process,
  profilesInLabel,
  readProcess,
} from '../../sdk/host/processes.ts';
import { listInstallations } from '../../sdk/host/state.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, toJson } from '../framework/format.ts';
import { pathOf } from '../installed.ts';
import { requireContainer } from '../running-container.ts';
import { printTable } from '../terminal/table.ts';

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Show which profile confines a running container',
  args: [{ name: 'CONTAINER' }],
  options: {
    format: formatOption,
  },
  details:
    'CONTAINER is a process id, a container id (at least 12 digits) or a name. Ids are found in ' +
    'cgroups, without a container client; names are looked up with docker, podman, nerdctl and ' +
    'crictl, which, run as root, do not show other users’ containers. The profile shown is the ' +
    'one that the kernel reports for the processes. Exit codes: 0 confined as installed; 1 not ' +
    'confined or not found; 6 confined by a different profile than expected.',
  examples: ['sudo aa-registry inspect web', 'sudo aa-registry inspect 4f1c8d2a9b3e'],
  async run({ values, args: [text = ''], io }) {
    const json = values.format === 'json';
    if (process.getuid?.() !== 0) {
      throw new CliError(
        exit.unable,
        'Showing the confinement of other processes requires root.',
        'Run it with sudo.',
      );
    }
    const kernel = await checkKernel();
    if (!kernel.ok) throw new CliError(exit.unable, `Nothing is confined: ${kernel.reason}.`);
    const container = await requireContainer(text);
    const first = await readProcess(container.pid);
    if (!first) {
      const what = `Process ${container.pid} has ended, or its confinement can’t be read.`;
      throw new CliError(exit.failed, what);
    }
    const confinement = await confinementOf(container, first);
    if (json) {
      io.print(toJson({ container, ...confinement }));
    } else {
      const { installation, others, mismatches } = confinement;
      const rows = [
        ...(container.id === undefined ? [] : [['Container', container.id]]),
        ['Process', `${first.pid} ${first.command}`],
        ['Confined by', first.mode === undefined ? first.label : `${first.label} (${first.mode})`],
        ...(installation
          ? [['Installed', `${pathOf(installation)}@${installation.version}`]]
          : first.mode === undefined
            ? []
            : [['Installed', 'not by aa-registry']]),
        ...others.map(({ pid, command, label }) => ['Also', `${pid} ${command}: ${label}`]),
        ...mismatches.map((mismatch) => ['Mismatch', mismatch]),
      ];
      printTable(io, rows);
    }
    if (confinement.mismatches.length > 0) return exit.drift;
    return first.mode === undefined ? exit.failed : exit.ok;
  },
});

interface Confinement {
  process: Process;
  installation: Installation | undefined;
  /** The container's processes whose confinement differs from that of its first. */
  others: Process[];
  /** Differences from the expected confinement. */
  mismatches: string[];
}

async function confinementOf(container: Container, first: Process): Promise<Confinement> {
  const profiles = profilesInLabel(first.label);
  const installed = await listInstallations('/');
  const installation = installed.find((one) => isConfinedBy(first, profilesOf(one)));
  const pids = container.id === undefined ? [] : await processesOf(container.id);
  const all = await Promise.all(pids.map(({ pid }) => readProcess(pid)));
  const others = all.filter(
    (one) => one !== undefined && !isConfinedBy(one, profiles),
  ) as Process[];
  const { configured } = container;
  // Runtimes write '' or "unconfined" for no profile.
  const expected = configured === '' ? 'unconfined' : configured;
  const mismatches = [
    ...(expected === undefined || profiles.includes(expected)
      ? []
      : [`its runtime started it with ${expected}`]),
    ...(installation
      ? describeDrift(await detectDrift('/', installation, await readPolicy())).map(
          (problem) => `${pathOf(installation)}: ${problem}`,
        )
      : []),
  ];
  return { process: first, installation, others, mismatches };
}
