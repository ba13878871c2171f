// Makes deny rules of an installed profile visible in the kernel's log for a while.
import { auditDenies } from '../../policy/index.ts';
import { isForcedToComplain } from './complain.ts';
import { textInstalled } from './installed-text.ts';
import { findParser, loadArguments, noParser, runParser } from './parser.ts';
import { installedPlace, type Named } from './state.ts';
import { stage } from './tree.ts';
import { withoutInterruption } from './without-interruption.ts';

/**
 * `no-deny-rules`: the profile's own file has none that are not audited. `not-restored`: the installed file could not be
 * loaded again.
 */
export type AuditedDenies<Result> =
  | { ok: true; result: Result }
  | {
      ok: false;
      id: 'no-deny-rules' | 'no-file' | 'no-parser' | 'not-loaded' | 'not-restored';
      reason: string;
    };

/**
 * Runs `work` while the kernel has a copy of an installed profile that permits the same and logs what its deny rules
 * refuse; then loads the installed file again. If this process is killed meanwhile, the next sync repairs the profile.
 * Call it under the host's lock. Rules of included files are not logged.
 */
export async function withAuditedDenies<Result>(
  named: Named,
  work: () => Promise<Result>,
): Promise<AuditedDenies<Result>> {
  const { path, text } = textInstalled('/', named);
  if (text === undefined) return { ok: false, id: 'no-file', reason: `${path} does not exist` };
  const audited = auditDenies(text);
  if (audited.count === 0) {
    return { ok: false, id: 'no-deny-rules', reason: `${path} has no deny rules without "audit"` };
  }
  const parser = await findParser();
  if (parser === undefined) return noParser;
  const complain = isForcedToComplain('/', named);
  const load = (file: string) => runParser(parser, loadArguments(file, { complain }));
  const copy = stage(installedPlace('/', named), audited.text, 0o600);
  const restore = () =>
    withoutInterruption(async () => {
      await copy.discard();
      return load(path);
    });
  const loaded = await load(copy.path);
  const done = loaded.ok
    ? await work().catch(async (error: unknown) => {
        await restore();
        throw error;
      })
    : undefined;
  // Also after a failure to load, which may have replaced some of the file's profiles.
  const restored = await restore();
  if (!restored.ok) return { ok: false, id: 'not-restored', reason: restored.reason };
  if (!loaded.ok) {
    return { ok: false, id: 'not-loaded', reason: loaded.reason.replaceAll(copy.path, path) };
  }
  return { ok: true, result: done as Result };
}
