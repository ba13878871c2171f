import { isRelease, type Release } from '../../policy/index.ts';
import { findParser, parserVersion } from './parser.ts';

/** The AppArmor release of this machine's apparmor_parser; `undefined` without a parser or for an unknown release. */
export async function hostRelease(): Promise<Release | undefined> {
  const parser = await findParser();
  if (parser === undefined) return undefined;
  const run = await parserVersion(parser);
  const release = run.ok ? /^\d+\.\d+/.exec(run.version ?? '')?.[0] : undefined;
  return release !== undefined && isRelease(release) ? release : undefined;
}
