import { model } from '../policy/index.ts';
import { type Installation, profilesOf } from '../sdk/host/installation.ts';
import { textInstalled } from '../sdk/host/installed-text.ts';

/**
 * The mode that the flags of an installed package's profiles set, such as `enforce`; `mixed` if they differ, `undefined`
 * if the file can't be read.
 */
export function flaggedMode(root: string, installation: Installation): string | undefined {
  const { text } = textInstalled(root, installation);
  if (text === undefined) return undefined;
  const names = profilesOf(installation);
  const own = model(text).profiles.filter(({ name }) => names.includes(name));
  const [mode, ...others] = new Set(own.map((one) => one.mode));
  return others.length > 0 ? 'mixed' : mode;
}
