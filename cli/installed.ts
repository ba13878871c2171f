import { type Installation, listDamaged, listInstallations } from '../sdk/host/state.ts';
import { formatReference, isInRange } from '../trust/index.ts';
import { CliError, exit } from './framework/command.ts';
import { requireReference } from './session.ts';

/**
 * The installation that `text` means: a reference without a version, or the name alone, whichever team's it is,
 * for a host has a profile's name once. The command ends when there is none.
 */
export async function requireInstalled(root: string, text: string): Promise<Installation> {
  const { team, name, selector } = requireReference(text);
  const installed = await listInstallations(root);
  const found = installed.find(
    (one) => one.name === name && (!text.includes('/') || one.team === team),
  );
  if (!found) {
    const damaged = (await listDamaged(root)).find((one) => one.name === name);
    if (damaged) {
      throw new CliError(
        exit.failed,
        `What is installed of ${pathOf(damaged)} is not known: ${damaged.path} is damaged.`,
        `To rebuild it: sudo aa-registry pull ${pathOf(damaged)}`,
        'record-damaged',
      );
    }
    const known = installed.map((one) => pathOf(one)).join(', ');
    throw new CliError(
      exit.failed,
      `${text} is not installed by aa-registry.`,
      known === '' ? undefined : `Installed are: ${known}.`,
      'not-installed',
    );
  }
  const other =
    (selector.kind === 'version' && selector.version !== found.version) ||
    (selector.kind === 'range' && !isInRange(found.version, selector.range));
  if (other) {
    throw new CliError(
      exit.failed,
      `${text} is not installed, but ${found.version} is.`,
      undefined,
      'not-installed',
    );
  }
  return found;
}

/** An installation's name, without the default team. */
export function pathOf({ team, name }: { team: string; name: string }): string {
  return formatReference({ team, name, selector: { kind: 'default' } });
}
