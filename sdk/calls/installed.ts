import { formatReference, isInRange, parseReference } from '../../trust/index.ts';
import type { Installation } from '../host/installation.ts';
import { listDamaged, listInstallations } from '../host/state.ts';
import { hostCommand } from '../host-command.ts';
import type { Refusal } from '../refusal.ts';

export type NotInstalledRefusal = Refusal<'reference-invalid' | 'not-installed' | 'record-damaged'>;

/**
 * Finds the installation for `text`: a reference without a version, or a name without a team, as a host has only one
 * profile of a name.
 */
export async function findInstalled(
  root: string,
  text: string,
): Promise<{ ok: true; installation: Installation } | NotInstalledRefusal> {
  const parsed = parseReference(text);
  if (!parsed.ok) return { ok: false, id: 'reference-invalid', reason: parsed.reason };
  const { team, name, selector } = parsed.reference;
  const installed = await listInstallations(root);
  const installation = installed.find(
    (one) => one.name === name && (!text.includes('/') || one.team === team),
  );
  const notInstalled = (reason: string, next?: string) =>
    ({ ok: false, id: 'not-installed', reason, next }) as const;
  if (!installation) {
    const damaged = (await listDamaged(root)).find((one) => one.name === name);
    if (damaged) {
      const reason = `the record of ${pathOf(damaged)} is damaged: ${damaged.path}`;
      const next = `To rebuild it: ${hostCommand(`pull ${pathOf(damaged)}`, { root })}`;
      return { ok: false, id: 'record-damaged', reason, next };
    }
    return notInstalled(`${text} is not installed by aa-registry`, namesInstalled(installed));
  }
  const { version } = installation;
  const isOther =
    (selector.kind === 'version' && selector.version !== version) ||
    (selector.kind === 'range' && !isInRange(version, selector.range));
  return isOther
    ? notInstalled(`${text} is not installed, but ${version} is`)
    : { ok: true, installation };
}

/** The hint for a profile that is not installed: the installed ones; `undefined` without any. */
export function namesInstalled(installed: readonly Installation[]): string | undefined {
  const known = installed.map(pathOf).join(', ');
  return known === '' ? undefined : `Installed: ${known}.`;
}

/** A profile's name, without the default team. */
export function pathOf({ team, name }: { team: string; name: string }): string {
  return formatReference({ team, name, selector: { kind: 'default' } });
}
