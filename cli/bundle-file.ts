import { CliError, exit } from './framework/command.ts';

export const offlineOption = {
  type: 'boolean',
  description: 'With --bundle or --from: do not ask the registry for revoked keys',
} as const;

/** Throws a usage error when --offline is given without --bundle or --from, which leaves no source; and for both of these. */
export function requireOfflineBundle(values: {
  offline?: boolean | undefined;
  bundle?: string | undefined;
  from?: string | undefined;
}): void {
  const { offline, bundle, from } = values;
  if (bundle !== undefined && from !== undefined) {
    throw new CliError(exit.usage, '--bundle and --from can’t be combined.');
  }
  if (!offline || bundle !== undefined || from !== undefined) return;
  throw new CliError(exit.usage, '--offline requires --bundle or --from.');
}

/** The hint for a bundle without a proof that the log extends the last checkpoint seen, of size `seen`. */
export function bundleAdvice(id: string, seen: number | undefined): string | undefined {
  if (id === 'log-rolled-back') {
    return 'This host has seen a newer state of the log than the bundle has: create the bundle again with "aa-registry bundle".';
  }
  if (id !== 'log-inconsistent') return undefined;
  const size = seen ?? 'SIZE';
  return `Create a bundle with a proof from the log size seen on this host: aa-registry bundle REF… -o FILE --since ${size}`;
}

/** The hint for a copy that a host does not accept any more, or not yet: a bundle, or what a mirror has. */
export function copyAdvice(
  { bundle, from }: { bundle?: string | undefined; from?: string | undefined },
  id: string,
  seen: number | undefined,
): string | undefined {
  if (bundle !== undefined) return bundleAdvice(id, seen);
  if (from === undefined) return undefined;
  if (id === 'log-rolled-back' || id === 'checkpoint-stale') {
    return 'The mirror has an older state of the log: copy the profile from the registry again, with all that refers to it.';
  }
  if (id !== 'log-inconsistent') return undefined;
  return `The mirror has no proof from the log size ${seen ?? ''} seen on this host. Pull it from the registry, or with a bundle: aa-registry bundle REF… -o FILE --since ${seen ?? 'SIZE'}`;
}
