// The settings that an editor sends, in place of the command's options.
import { z } from 'zod';
import { releases } from '../../policy/index.ts';

/** The section of the editor's settings. */
export const section = 'aa-registry';

const Settings = z.object({
  target: z.enum(releases).nullish(),
  base: z.string().nullish(),
  include: z.array(z.string()).nullish(),
});

/** The release to lint for, and where included files are. */
export interface Settings {
  target?: (typeof releases)[number];
  base?: string;
  include?: string[];
}

/**
 * The settings that an editor sent, of any shape; those that it leaves out or sets to null are the options'. `error` says
 * what is wrong with them.
 */
export function readSettings(
  sent: unknown,
  options: Settings,
): { settings: Settings; error?: string } {
  const parsed = Settings.safeParse(sent ?? {});
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    const name = [section, ...(first?.path ?? [])].join('.');
    return { settings: options, error: `The setting ${name} is invalid: ${first?.message}` };
  }
  const given = Object.entries(parsed.data).filter(([, value]) => value != null);
  return { settings: { ...options, ...Object.fromEntries(given) } };
}
