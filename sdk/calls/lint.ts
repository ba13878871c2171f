import {
  type Diagnostic,
  fix as fixPolicy,
  type IncludeRequest,
  type IncludeResolver,
  lint as lintPolicy,
  type Release,
} from '../../policy/index.ts';
import { fileResolver } from '../host/includes.ts';
import { type ProfileFile, readProfileFiles, rewriteProfile } from '../profile-file.ts';
import { explainingErrors } from '../system-error.ts';

export interface LintOptions {
  /** The folder for includes; default `/etc/apparmor.d`. */
  base?: string | undefined;
  /** Further folders for `<includes>`, searched before `base`. */
  include?: readonly string[] | undefined;
  /** A resolver to use instead; shared between calls, it reads each file once. */
  resolver?: IncludeResolver | undefined;
  /** Decide as this release does; without one, as the newest. */
  target?: Release | undefined;
  /** Whether the includes that are found are the base policy of `target`: a file that is missing is an error then. */
  targetBase?: boolean | undefined;
  /** The text is an abstraction, checked as the body of a profile of this name. */
  body?: string | undefined;
  /** Apply the fixes that are known. A file is rewritten if they change it, with its mode and owner. */
  fix?: boolean | undefined;
}

/** The lint results of a profile. */
export interface Linted {
  /** Whether there are no errors. */
  ok: boolean;
  /** The profile's path; `undefined` for a text. */
  file: string | undefined;
  text: string;
  /** The diagnostics; with `fix`, those that remain. */
  diagnostics: Diagnostic[];
  /** The number of diagnostics that were omitted. */
  omitted: number;
  /** The number of findings that comments suppress (`# lint-ignore`). */
  suppressed: number;
  /** The fixed diagnostics. */
  fixed: Diagnostic[];
  /** The requirements of the profile, such as the AppArmor release. */
  needs: ReturnType<typeof lintPolicy>['needs'];
}

/**
 * Lints a profile: the path of a package folder or file, or a text. Of a package with variants, each is linted for its
 * releases, and the diagnostics of all but the first name their file. Throws an {@link SdkError} if the file does not
 * exist (`file-missing`) or the folder is not a package (`package-invalid`).
 *
 * @example
 * const { ok, diagnostics } = await lint({ text: 'profile web { /srv/** r, }' });
 */
export async function lint(
  source: string | Pick<ProfileFile, 'text'>,
  options: LintOptions = {},
): Promise<Linted> {
  return explainingErrors(() => lintSource(source, options));
}

async function lintSource(
  source: string | Pick<ProfileFile, 'text'>,
  options: LintOptions,
): Promise<Linted> {
  if (typeof source !== 'string') return lintFile({ warnings: [], ...source }, options);
  const [first, ...others] = await readProfileFiles(source);
  if (!first) throw new Error('a package has a file');
  const linted = await lintFile(first, options, options.fix);
  for (const other of others) {
    const { ok, diagnostics, omitted, suppressed, fixed } = await lintFile(
      other,
      options,
      options.fix,
    );
    const ofFile = (one: Diagnostic) => ({ ...one, file: one.file ?? other.file });
    linted.ok &&= ok;
    linted.diagnostics.push(...diagnostics.map(ofFile));
    linted.omitted += omitted;
    linted.suppressed += suppressed;
    linted.fixed.push(...fixed.map(ofFile));
  }
  return linted;
}

/** Lints one file; with `rewrite`, writes the fixed text to it. */
async function lintFile(
  profile: Omit<ProfileFile, 'file' | 'rawBytes'> & Partial<ProfileFile>,
  {
    base = '/etc/apparmor.d',
    include = [],
    resolver,
    target,
    targetBase = false,
    body,
    fix = false,
  }: LintOptions,
  rewrite = false,
): Promise<Linted> {
  const { text: before, file, warnings, package: ofPackage, ...more } = profile;
  const finds = resolver ?? fileResolver({ base, include });
  const options = {
    resolver: ofPackage ? withinDirectories(finds) : finds,
    ...(target && { target, targetBase }),
    ...(body !== undefined && { body }),
    ...ofPackage,
    ...more,
  };
  const fixed = fix ? fixPolicy(before, options) : undefined;
  const { ok, diagnostics, omitted, suppressed, needs } =
    fixed?.report ?? lintPolicy(before, options);
  const { text, applied } = fixed ?? { text: before, applied: [] };
  // That no program can run under an unchanged template is said once, by the warning about the template.
  const isOfTemplate = ({ id }: Diagnostic) =>
    id === 'nothing-runs' &&
    warnings.some((one) => one.id === 'unchanged-template' && one.file === file);
  if (rewrite && file !== undefined && text !== before) {
    await rewriteProfile({ file, text: before }, text);
  }
  return {
    ok,
    file,
    text,
    diagnostics: [...diagnostics.filter((one) => !isOfTemplate(one)), ...warnings],
    omitted,
    suppressed,
    fixed: applied,
    needs,
  };
}

const nothing = { file: '', source: '' } as const;

/**
 * Resolves the includes of a published profile. Other paths are the error `include-path` and are not read: the author
 * may be a stranger, and diagnostics quote file contents.
 */
function withinDirectories(resolver: IncludeResolver): IncludeResolver {
  return (request) =>
    request.from === undefined && leavesDirectories(request) ? nothing : resolver(request);
}

/** Whether a statement names a file that a package must not include: any but those of AppArmor's own folders. */
export function leavesDirectories({ path, kind }: IncludeRequest): boolean {
  return kind !== 'magic' || path.startsWith('/') || path.split('/').includes('..');
}
