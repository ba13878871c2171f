import { type Diagnostic, type IncludeResolver, lint as lintPolicy } from '../../policy/index.ts';
import { fileResolver } from '../host/includes.ts';
import { readProfileFile } from '../profile-file.ts';

export interface LintOptions {
  /** Where includes are found; `/etc/apparmor.d` when left out. */
  base?: string | undefined;
  /** Further folders for `<includes>`, looked into before `base`. */
  include?: readonly string[] | undefined;
  /** Finds includes instead: one for several calls reads each file once. */
  resolver?: IncludeResolver | undefined;
}

/** What lint has to say of a profile. */
export interface Linted {
  /** Whether it has no errors. */
  ok: boolean;
  /** The profile's path; `undefined` of a text. */
  file: string | undefined;
  text: string;
  diagnostics: Diagnostic[];
  /** What a host needs to load it, such as the AppArmor release. */
  needs: ReturnType<typeof lintPolicy>['needs'];
}

/**
 * Checks a profile and advises on it: the path of a package's folder, the path of a file, or a text. Throws when there is
 * no such file, or an {@link SdkError} when the folder is no package.
 *
 * @example
 * const { ok, diagnostics } = await lint({ text: 'profile web { /srv/** r, }' });
 */
export async function lint(
  source: string | { text: string },
  { base = '/etc/apparmor.d', include = [], resolver }: LintOptions = {},
): Promise<Linted> {
  const options = { resolver: resolver ?? fileResolver({ base, include }) };
  const { text, file, ...ofPackage } =
    typeof source === 'string' ? await readProfileFile(source) : { ...source, file: undefined };
  const { ok, diagnostics, needs } = lintPolicy(text, { ...options, ...ofPackage });
  return { ok, file, text, diagnostics, needs };
}
