import { isRelease, type Release } from '../../policy/index.ts';
import { findParser, runParser } from './parser.ts';

/** The AppArmor release of this machine, by what apparmor_parser says; `undefined` without one, or of an unknown release. */
export async function hostRelease(): Promise<Release | undefined> {
  const parser = await findParser();
  if (parser === undefined) return undefined;
  const run = await runParser(parser, ['--version'], { time: 5000 });
  const release = run.ok ? /version (\d+\.\d+)/.exec(run.output)?.[1] : undefined;
  return release !== undefined && isRelease(release) ? release : undefined;
}
