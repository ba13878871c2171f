import { type HostTrust, readTrust, trustPlace } from '../trust-file.ts';
import { CliError, exit } from './command.ts';

export const trustOption = {
  type: 'string',
  value: 'FILE',
  description: 'The trust file (default /etc/aa-registry/trust.toml)',
} as const;

/** What this host trusts; where there is no trust file the command ends before it does anything. */
export async function requireTrust(
  { trust }: { trust?: string },
  root: string,
): Promise<HostTrust> {
  const file = trust ?? trustPlace(root);
  const found = await readTrust(file);
  if (found) return found;
  throw new CliError(
    exit.refused,
    `This host trusts nobody yet: there is no ${file}.`,
    'Decide whom to trust with: aa-registry trust init TEAM --registry URL',
  );
}
