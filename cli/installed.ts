import { findInstalled } from '../sdk/calls/installed.ts';
import type { Installation } from '../sdk/host/installation.ts';
import { refused } from './refused.ts';

export { pathOf } from '../sdk/calls/installed.ts';

/** The installation that `text` names (see {@link findInstalled}). Throws if there is none. */
export async function requireInstalled(root: string, text: string): Promise<Installation> {
  const found = await findInstalled(root, text);
  if (!found.ok) throw refused(found);
  return found.installation;
}
