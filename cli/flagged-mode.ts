import { model } from '../policy/index.ts';
import { textInstalled } from '../sdk/host/installed-text.ts';
import type { Named } from '../sdk/host/state.ts';

/** The mode that an installed profile's own flags set, such as `enforce`; `undefined` if its file can't be read. */
export function flaggedMode(root: string, named: Named): string | undefined {
  const { text } = textInstalled(root, named);
  if (text === undefined) return undefined;
  return model(text).profiles.find(({ name }) => name === named.name)?.mode;
}
