import { CliError, exit } from './framework/command.ts';

export const offlineOption = {
  type: 'boolean',
  description: 'With --bundle: do not ask the registry for revoked keys',
} as const;

/** A usage error when --offline is given without --bundle: then there is no source. */
export function requireOfflineBundle(values: {
  offline?: boolean | undefined;
  bundle?: string | undefined;
}): void {
  if (!values.offline || values.bundle !== undefined) return;
  throw new CliError(exit.usage, '--offline goes with --bundle: nothing else is at hand.');
}

/** What to do when a bundle does not prove that the log has only grown since `seen`, the size that was seen of it. */
export function bundleAdvice(id: string, seen: number | undefined): string | undefined {
  if (id === 'log-rolled-back') {
    return 'The bundle is older than what was seen of the log here: make it again with "aa-registry bundle".';
  }
  if (id !== 'log-inconsistent') return undefined;
  const size = seen ?? 'SIZE';
  return `Make the bundle with a proof from what was seen of the log here: aa-registry bundle REF… -o FILE --since ${size}`;
}
