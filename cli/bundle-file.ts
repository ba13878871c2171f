import { CliError, exit } from './framework/command.ts';

export const offlineOption = {
  type: 'boolean',
  description: 'With --bundle: do not ask the registry which keys were revoked since',
} as const;

/** A usage error when --offline is given without --bundle: then there is no source. */
export function requireOfflineBundle(values: {
  offline?: boolean | undefined;
  bundle?: string | undefined;
}): void {
  if (!values.offline || values.bundle !== undefined) return;
  throw new CliError(exit.usage, '--offline goes with --bundle: nothing else is at hand.');
}

/** What helps against a refusal because a bundle does not prove that the log has only grown. */
export function bundleAdvice(id: string, seen: number | undefined): string | undefined {
  if (id !== 'log-inconsistent') return undefined;
  const size = seen ?? 'SIZE, which "trust show" tells';
  return `A bundle proves that only from sizes it was made with: --since ${size}.`;
}
