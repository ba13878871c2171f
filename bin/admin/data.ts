import { CliError, exit, type Io } from '../../sdk/cli/index.ts';

/** Where a registry on this machine keeps its data, as for `serve`. */
export const dataOption = {
  type: 'string',
  value: 'DIR',
  description: 'The registry’s data folder (else AA_SERVE_DATA, else ./aa-registry-data)',
} as const;

export function dataFolder(named: string | undefined, io: Io): string {
  return named ?? (io.env.AA_SERVE_DATA || 'aa-registry-data');
}

/** What to tell of anything that went wrong with a registry's data. */
export function dataFailure(error: Error): CliError {
  const said = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
  return new CliError(exit.failed, said);
}
