import * as z from 'zod';
import { isRelease, releases } from '../policy/index.ts';
import { compareReleaseNumbers, isProfileName, maxVariants } from '../trust/index.ts';

/** The variants in a manifest's file: the names of files in the folder, by the oldest release that each is for. */
export const VariantFiles = z
  .record(z.string(), z.string().refine(isProfileName, 'must be the name of a file in the folder'))
  .superRefine((files, context) => {
    const report = (message: string, path: string[] = []) =>
      context.addIssue({ code: 'custom', message, path });
    const keys = Object.keys(files);
    if (keys.length === 0) report('is empty');
    if (keys.length > maxVariants) report(`has more than ${maxVariants} variants`);
    const unknown = keys.find((release) => !isRelease(release));
    if (unknown !== undefined)
      report(`must be an AppArmor release in quotes: ${releases.join(', ')}`, [unknown]);
    if (new Set(Object.values(files)).size < keys.length) report('names a file twice');
  });

/** The variants of a manifest's file, by ascending release. */
export function variantsOf(
  files: Readonly<Record<string, string>>,
): { release: string; name: string }[] {
  return Object.entries(files)
    .map(([release, name]) => ({ release, name }))
    .sort((a, b) => compareReleaseNumbers(a.release, b.release));
}
